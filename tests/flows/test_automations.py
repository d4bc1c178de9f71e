"""Automations on a real server: told to a webhook, registered once, switched by people."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flows.automations import AutomationError, kept_switches, register_automations
from tests.flows.prefect_station import REPOSITORY, wait_for

pytestmark = pytest.mark.slow
FILE = REPOSITORY / "automations.yaml"
NAME = "emo2: tell of failed runs"
CHAIN = "emo2: propose a training when a snapshot is promoted"


@pytest.fixture
def posts() -> Iterator[tuple[str, list[tuple[str, dict]]]]:
    """The address of a web server on loopback, and the (content type, JSON) of what was posted to it."""
    got: list[tuple[str, dict]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Content-Type"], json.loads(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook?key=sesame", got
        server.shutdown()


def test_without_an_address_nothing_is_registered_and_the_remedy_told(station):
    told = register_automations(station.client, FILE, {})
    assert told == [
        f"{NAME}: off; set EMO2_FAILURE_WEBHOOK to the address that is to be told, and run this again"
    ]
    assert station.client.find_automation(NAME) is None
    with pytest.raises(AutomationError, match="holds no address") as error:
        register_automations(station.client, FILE, {"EMO2_FAILURE_WEBHOOK": "sesame"})
    assert "sesame" not in str(error.value)


def test_a_refused_run_is_posted_and_the_address_stays_secret(station, posts, tmp_path):
    address, got = posts
    for _ in range(2):
        register_automations(station.client, FILE, {"EMO2_FAILURE_WEBHOOK": address})
    assert len(station.client.read_automations_by_name(NAME)) == 1
    run_id = station.start("promote-snapshot", lake=str(tmp_path / "none"), name='"all"')
    run = station.reaches(run_id, "Refused")
    kind, told = wait_for(lambda: next((post for post in got if post[1]["url"].endswith(str(run_id))), None))
    page = f"{station.url.removesuffix('/api')}/runs/flow-run/{run_id}"
    assert kind == "application/json"
    assert told == {
        "text": f"promote-snapshot, {run.name}: Refused. {run.state.message} {page}",
        "flow": "promote-snapshot",
        "run": "promote-all",
        "state": "Refused",
        "message": run.state.message,
        "url": page,
    }
    assert "no lake at" in told["message"]
    shown = station.client.read_block_document_by_name(
        "emo2-failure-webhook", "webhook", include_secrets=False
    )
    assert "sesame" not in str(shown)
    assert "sesame" not in str(station.client.read_automations_by_name(NAME))
    left = register_automations(station.client, FILE, {})
    assert left == [f"{NAME}: left as it was, since EMO2_FAILURE_WEBHOOK is not set here"]


def test_what_a_person_switched_off_stays_off(station, posts):
    environment = {"EMO2_FAILURE_WEBHOOK": posts[0]}
    register_automations(station.client, FILE, environment)
    for name in (NAME, CHAIN):
        station.client.pause_automation(station.client.find_automation(name).id)
    with kept_switches(station.client):
        register_automations(station.client, FILE, environment)
        station.prefect("--no-prompt", "deploy", "--name", "propose-training")
    enabled = {name: station.client.find_automation(name).enabled for name in (NAME, CHAIN)}
    for name in enabled:
        station.client.resume_automation(station.client.find_automation(name).id)
    assert enabled == {NAME: False, CHAIN: False}
