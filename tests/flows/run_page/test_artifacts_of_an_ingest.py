"""The page of a run, held against the lake: an ingest that fails after its commit, and its retry."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import Artifact
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry, State
from prefect.testing.utilities import prefect_test_harness

from datasets.lake import Lake
from datasets.talker import write_talker
from flows import ingest as ingest_module
from flows.ingest import ingest
from flows.ingest_config import IngestConfig
from flows.report.overlay import LEFT_RGB, RIGHT_RGB
from tests.flows.run_page.pages import cells, name_of, shown

pytestmark = pytest.mark.slow
ODD = "bro|ken <b>.mp4"


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=300):
        yield


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> IngestConfig:
    folder = tmp_path_factory.mktemp("talks")
    write_talker(folder / "talker.mp4", seconds=6, shots=1)
    (folder / ODD).write_bytes(b"\x00" * 5000)
    return IngestConfig(
        source=str(folder), lake=str(folder.parent / "lake"), annotators=("body", "hands"), dataset="talks"
    )


@pytest.fixture(scope="module")
def failed(config) -> State:
    """An ingest that commits all there is and then falls over a mistake of ours."""
    real = ingest_module.ingest_videos

    def fall_over(*given, **named):
        real(*given, **named)
        raise RuntimeError("a mistake of ours")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest_module, "ingest_videos", fall_over)
        # A form sends plain values, so the run begins with these and not with a model.
        return ingest(config.model_dump(mode="json"), return_state=True)


@pytest.fixture(scope="module")
def lake(config, failed) -> Lake:
    return Lake.open(config.lake)


@pytest.fixture(scope="module")
def page(failed) -> dict[str, list[Artifact]]:
    return shown(failed.state_details.flow_run_id)


def test_the_message_says_what_happened_what_stays_and_what_to_do(failed):
    assert failed.name == "Failed"
    assert "RuntimeError: a mistake of ours" in failed.message
    assert "Logs" in failed.message
    assert "press Retry" in failed.message


def test_the_run_is_named_by_dataset_and_day(failed):
    assert name_of(failed) == f"ingest-talks-{datetime.now(UTC):%Y-%m-%d}"


def test_the_counts_are_those_of_the_lake(page, lake):
    (artifact,) = page["counts"]
    counted = cells(artifact)
    clips = lake.table("clips").to_table(columns=["keep", "n_frames"]).to_pylist()
    kept = [row for row in clips if row["keep"]]
    assert counted["Videos that went in"] == 2
    assert counted["Videos ingested"] == lake.table("videos").count_rows("status = 'ingested'") == 1
    assert counted["Videos quarantined"] == counted["Reason: unreadable"] == 1
    assert counted["Clips kept"] == len(kept) > 0
    assert counted["Hours of clips kept"] == pytest.approx(
        sum(row["n_frames"] for row in kept) / 25 / 3600, rel=0.01
    )
    assert counted["Core-seconds of work"] > 0


def test_the_versions_and_rows_are_those_of_the_lake(page, lake):
    (artifact,) = page["versions"]
    rows = {row["table"]: row for row in json.loads(artifact.data)}
    for name in ("videos", "clips", "clip_media"):
        assert rows[name]["rows added"] == lake.table(name).count_rows()
        assert rows[name]["version before"] < rows[name]["version after"] == lake.table(name).version
    assert rows["videos"]["rows of this run"] == 2
    assert rows["snapshots"]["rows added"] == 0


def test_the_quarantine_names_the_file_its_reason_and_how_to_try_again(page, config):
    (artifact,) = page["quarantine"]
    assert "1 video of this run could not be read or made" in artifact.data
    assert "| unreadable | 1 video | No container or codec could be opened. |" in artifact.data
    assert r"bro\|ken &lt;b&gt;.mp4 ([open](<file:///" in artifact.data
    assert "<b>" not in artifact.data
    assert f"emo2 quarantine retry --lake {config.lake} --reason unreadable" in artifact.data


def test_the_kept_clip_is_drawn_with_each_hand_in_its_colour_where_the_lake_has_it(page, lake):
    (artifact,) = page["contact-sheets"]
    (clip,) = lake.table("clips").to_table(filter="keep").to_pylist()
    assert artifact.data.startswith("1 of the 1 clips of this run")
    assert len(re.findall(r"^\*\*talker\.mp4\*\* 0\.0 to 6\.0 s, kept", artifact.data, re.M)) == 1
    images = re.findall(r'<img src="([^"]+)"[^>]* alt="at ([0-9.]+) s: ([^"]+)"', artifact.data)
    drawn = [(pixels(uri), round(float(time_s) * 25), words) for uri, time_s, words in images]
    whole = [each for each in drawn if each[0].shape[:2] == (286, 208)]
    assert (len(whole), len(drawn)) == (4, 6)  # and a close-up of each hand
    seen = 0
    for rgb, frame, words in whole:
        points = np.array(clip["hands_keypoints"][frame], float).reshape(2, 21, 2) * (208, 286)
        for side, name in enumerate(("left", "right")):
            if f"{name} measured" in words:
                left, right = (coloured(box(rgb, points[side]), each) for each in (LEFT_RGB, RIGHT_RGB))
                assert (left, right)[side] > 0.1 > (left, right)[1 - side], (frame, name, left, right)
                seen += 1
    assert seen >= 6


def pixels(uri: str) -> np.ndarray:
    kind, encoded = uri.split(",", 1)
    assert kind == "data:image/webp;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def box(rgb: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    (x0, y0), (x1, y1) = points_px.min(0).astype(int), points_px.max(0).astype(int) + 1
    return rgb[max(y0, 0) : y1, max(x0, 0) : x1]


def coloured(rgb: np.ndarray, colour: tuple[int, int, int]) -> float:
    """Share of the pixels that have the colour's hue, and half of its saturation or more."""
    hue, saturation, _ = cv2.cvtColor(np.array([[colour]], np.uint8), cv2.COLOR_RGB2HSV)[0, 0].astype(int)
    hsv = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2HSV).astype(int)
    near = np.abs(hsv[..., 0] - hue) <= 6
    return float((near & (hsv[..., 1] > 0.5 * saturation)).mean())


def test_a_retry_goes_on_from_what_was_committed_and_shows_each_artifact_once(failed, config, page):
    run_id = failed.state_details.flow_run_id
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, AwaitingRetry(), force=True)
        again = client.read_flow_run(run_id)
    state = run_flow(ingest, flow_run=again, parameters=again.parameters, return_type="state")
    assert state.is_completed(), state.message
    assert state.message.startswith("2 videos: 0 ingested, 2 already known")
    after = shown(run_id)
    assert {"counts", "versions", "quarantine", "contact-sheets"} <= set(after)
    assert all(len(each) == 1 for each in after.values())
    assert cells(after["counts"][0])["Videos known already"] == 2
    assert after["contact-sheets"][0].data == page["contact-sheets"][0].data  # nothing new to draw


def test_a_value_that_cannot_be_ends_the_run_as_refused_in_one_sentence(config):
    state = ingest(config.model_dump(mode="json") | {"videos_per_shard": 0}, return_state=True)
    assert (state.name, state.is_failed()) == ("Refused", True)
    assert "\n" not in state.message
    assert "videos_per_shard" in state.message
