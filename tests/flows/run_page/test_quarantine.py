"""The quarantine of a run as its page shows it: by reason, with remedy, links and the way to try again."""

import json
import re
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import pytest
from prefect.exceptions import ObjectNotFound

from datasets.lake import Lake
from datasets.quarantine import Quarantined
from flows.ledger import NoCounts, RunRecord
from flows.run_page import quarantine as module
from flows.run_page.publish import Page
from flows.run_page.quarantine import MOST_LISTED, paragraphs, quarantine
from tests.flows.report.conftest import HOSTILE, fill

DEPLOYMENT = UUID(int=7)


@pytest.fixture(autouse=True)
def _deployed(monkeypatch):
    monkeypatch.setattr(module, "_deployment_id", lambda: str(DEPLOYMENT))


def row(reason: str, uri: str = "/raw/a.mp4", *, kind="video", detail: str | None = None) -> Quarantined:
    return Quarantined(kind, "id", "v", uri, reason, detail, "r1", None)


def text(*rows: Quarantined, in_lake: int | None = None, lake: str = "/data/lake") -> str:
    videos = sum(each.kind == "video" for each in rows)
    return "\n\n".join(paragraphs(rows, videos if in_lake is None else in_lake, lake))


def test_reasons_are_counted_explained_and_given_a_remedy_the_most_frequent_first():
    told = text(row("timeout"), row("missing"), row("missing"), row("encode_error", kind="clip"))
    assert "3 videos and 1 clip of this run could not be read or made." in told
    table = [line for line in told.splitlines() if line.startswith("| file missing") or "timed out |" in line]
    assert table == [
        "| file missing | 2 videos | The source names a file or object that is not there. |"
        " Fix the path or fetch the file. |",
        "| timed out | 1 video | Reading ran past its deadline. |"
        " Raise the deadline, or check the file for damage. |",
    ]
    assert "### encode error: 1 clip" in told


def test_hostile_names_and_details_break_neither_table_nor_page():
    told = text(row("timeout", HOSTILE, detail="late | <img src=x onerror=alert(1)>\n# big"))
    (line,) = (line for line in told.splitlines() if line.startswith("| video |"))
    assert len(re.findall(r"(?<!\\)\|", line)) == 4
    assert "<script" not in told
    assert "<img" not in told


def test_credentials_in_an_address_are_not_shown():
    assert "secret" not in text(row("timeout", "https://ann:secret@host/a.mp4?X-Amz-Signature=secret"))


def test_long_lists_and_details_are_cut_and_the_rest_has_a_command():
    told = text(*(row("timeout", f"/raw/{i}.mp4", detail="x" * 1000) for i in range(MOST_LISTED + 3)))
    assert told.count("| video | /raw/") == MOST_LISTED
    assert "and 3 more: `emo2 quarantine list --lake /data/lake --reason timeout --json` prints all" in told
    assert "x" * 400 not in told


def test_the_form_is_filled_with_the_lake_and_the_reasons():
    told = text(row("timeout"), row("missing"), lake="/data/my lake%20")
    (target,) = re.findall(r"form of quarantine-retry\]\(<([^>]+)>", told)
    parts = urlsplit(target)
    assert parts.path == f"/deployments/deployment/{DEPLOYMENT}/run"
    (once,) = parse_qs(parts.query)["parameters"]  # as the UI's router reads it, which then decodes it again
    parameters = {"config": {"lake": "/data/my lake%20", "reasons": ["missing", "timeout"]}}
    assert json.loads(unquote(once)) == parameters
    (block,) = re.findall(r"```json\n(.*?)\n```", told, re.S)
    assert json.loads(block) == parameters
    command = "emo2 quarantine retry --lake '/data/my lake%20' --reason missing --reason timeout"
    assert command in told


def test_without_the_deployment_its_name_is_told(monkeypatch):
    monkeypatch.setattr(module, "_deployment_id", lambda: None)
    assert "run the deployment `quarantine-retry` with these parameters" in text(row("timeout"))


def test_what_other_runs_left_is_told_and_a_clean_lake_says_so():
    assert text() == "Nothing of this run is in quarantine."
    told = text(in_lake=4)
    assert "4 more videos are in the lake's quarantine" in told
    assert "emo2 quarantine retry --lake /data/lake`" in told


def test_rows_of_this_run_alone_are_shown(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    rows = [
        {
            "video_id": name,
            "uri": f"/raw/{name}.mp4",
            "status": "quarantined",
            "reason": "timeout",
            "run_id": run,
        }
        for name, run in (("a", "r1"), ("b", "r0"))
    ]
    fill(
        lake, "videos", [*rows, {"video_id": "c", "uri": "/raw/c.mp4", "status": "ingested", "run_id": "r1"}]
    )
    clip = {"clip_id": "d", "video_id": "c", "run_id": "r1", "keep": False, "reason": "encode_error"}
    fill(lake, "clips", [clip])
    artifact = quarantine(Page(lake, {}, RunRecord("r1", NoCounts())))
    assert "1 video and 1 clip of this run" in artifact.content
    assert "1 more videos are in the lake's quarantine" in artifact.content
    assert "/raw/a.mp4" in artifact.content
    assert "/raw/b.mp4" not in artifact.content
    assert not artifact.is_empty
    assert quarantine(Page(lake, {}, RunRecord("r9", NoCounts()))).is_empty
    assert quarantine(Page(lake, {})) is None


class Server:
    """Knows the deployment, or does not."""

    def __init__(self, knows: bool):
        self._knows = knows

    def __enter__(self):
        return self

    def __exit__(self, *why):
        return None

    def read_deployment_by_name(self, name):
        assert name == "quarantine-retry/quarantine-retry"
        if not self._knows:
            raise ObjectNotFound(ValueError(name))
        return SimpleNamespace(id=DEPLOYMENT)


@pytest.mark.parametrize("knows", [True, False])
def test_the_server_is_asked_for_the_deployment(monkeypatch, knows):
    monkeypatch.undo()
    monkeypatch.setattr(module, "get_client", lambda sync_client: Server(knows))
    assert module._deployment_id() == (str(DEPLOYMENT) if knows else None)
