"""The flow over Ray: what it changes and what it leaves alone, while others write; no media is needed."""

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from prefect.testing.utilities import prefect_test_harness

from datasets.content import clip_contents
from datasets.lake import Lake
from datasets.schema import CLIPS
from datasets.talker import write_talker
from flows.ingest import ingest
from flows.ingest_config import IngestConfig
from flows.reannotate import reannotate, stale_downstream
from flows.reannotation.config import ReannotateConfig
from tests.flows.own_annotators import FAIL, LOG, SECONDS
from tests.flows.run_page.pages import cells, name_of, page_of
from tests.flows.stale_lakes import append, clip_row, column, stale_lake

pytestmark = pytest.mark.slow
OWN = "tests.flows.own_annotators"
CLIP_COLUMNS = set(CLIPS.names)
START_S = 300.0  # shared machines are slow


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=round(START_S)):
        yield


def run(lake: Lake, annotator: str, **choice):
    config = ReannotateConfig(lake=lake.uri, annotator=f"{OWN}:{annotator}", **choice)
    return reannotate(config, return_state=True)


def last_counts(lake: Lake) -> dict:
    rows = lake.table("runs").to_table().to_pylist()
    return json.loads(max(rows, key=lambda row: row["started_at"])["counts"])


def changed(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """clip_id -> columns whose content differs."""
    differ = {
        clip: {name for name, digest in columns.items() if after[clip].get(name) != digest}
        for clip, columns in before.items()
    }
    return {clip: columns for clip, columns in differ.items() if columns}


def test_stale_clips_get_new_columns_once_and_everything_else_stays(tmp_path):
    lake = stale_lake(tmp_path, 3, 2)
    append(lake, clip_row(5, keep=False), clip_row(6, split="val"), clip_row(7, body_src=None), clip_row(8))
    before = clip_contents(lake)
    state = run(lake, "SpeechOfBody", where="split = 'train'", clips_per_shard=2)
    assert state.is_completed()
    assert state.message == (
        "speech: 6 of 6 stale clips replaced;"
        " 1 stale clips lack a slot that speech is derived from and wait for it"
    )
    done = changed(before, clip_contents(lake))
    assert set(done) == {f"clip{n:03d}" for n in (0, 1, 2, 3, 4, 8)}
    assert all(name.startswith("speech_") for columns in done.values() for name in columns)
    assert column(lake, "speech_text")["clip004"] == "4"
    assert column(lake, "speech_rev")["clip004"] == 1

    version = lake.table("clips").version
    assert run(lake, "SpeechOfBody", where="split = 'train'").message.startswith("speech: 0 of 0 stale clips")
    assert lake.table("clips").version == version


def test_clips_that_raise_or_kill_their_process_are_told_and_the_others_committed(tmp_path, monkeypatch):
    lake = stale_lake(tmp_path, 3)
    monkeypatch.setenv(FAIL, "clip001 die")
    state = run(lake, "SpeechOne")
    assert state.name == "Failed"
    assert (
        "speech: 2 of 3 stale clips replaced, 1 failed; the first, clip clip001: the process" in state.message
    )
    assert column(lake, "speech_text") == {
        "clip000": "clip000 by 1",
        "clip001": None,
        "clip002": "clip002 by 1",
    }
    assert [row["state"] for row in lake.table("runs").to_table().to_pylist()] == ["failed"]
    assert (last_counts(lake)["replaced"], last_counts(lake)["failed"]) == (2, 1)

    monkeypatch.setenv(FAIL, "* raise")
    state = run(lake, "SpeechOne")
    assert state.name == "Failed"
    assert (
        "every clip of a shard failed, the first, clip001: ValueError: no words in clip001" in state.message
    )


def test_clips_added_deleted_and_compacted_meanwhile_lose_nothing(tmp_path, monkeypatch):
    lake = stale_lake(tmp_path, 2, 2, 2)
    log = tmp_path / "log"
    monkeypatch.setenv(LOG, str(log))
    monkeypatch.setenv(SECONDS, "1")

    def meanwhile() -> None:
        append(lake, clip_row(6, speech_text="as ingested"), clip_row(7))
        lake.delete("clips", "clip_id = 'clip000'")
        lake.table("clips").optimize.compact_files()

    others = threading.Thread(target=when(log.exists, meanwhile))
    others.start()
    state = run(lake, "SpeechOne", clips_per_shard=2)
    others.join()
    assert state.is_completed()
    expected = {f"clip{n:03d}": f"clip{n:03d} by 1" for n in range(1, 6)}
    assert column(lake, "speech_text") == expected | {"clip006": "as ingested", "clip007": None}
    assert set(column(lake, "body_rev").values()) == {1}
    counts = last_counts(lake)
    assert (counts["chosen"], counts["replaced"], counts["gone"]) == (6, 5, 1)


def test_a_newer_body_of_a_real_clip_makes_hands_and_motion_stale_and_motion_needs_no_media(tmp_path):
    write_talker(tmp_path / "talker.mp4", seconds=4, shots=1)
    ingested = ingest(
        IngestConfig(
            source=str(tmp_path / "talker.mp4"),
            lake=str(tmp_path / "lake"),
            annotators=("body", "hands", "motion"),
        ),
        return_state=True,
    )
    assert ingested.is_completed()
    lake = Lake.open(tmp_path / "lake")
    before = clip_contents(lake)
    (clip_id,) = before

    state = run(lake, "NewBody")
    assert "stale now: hands of 1 clips, motion of 1 clips; run `emo2 reannotate" in state.message
    page = page_of(state)
    assert cells(page["counts"])["Clips with new labels"] == 1
    assert cells(page["counts"])["Stale: another version"] == 1
    assert page["contact-sheets"].data.startswith("1 of the 1 clips of this run")
    (table,) = (row for row in json.loads(page["versions"].data) if row["table"] == "clips")
    assert table["version after"] == lake.table("clips").version > table["version before"]
    assert (table["rows added"], table["rows of this run"]) == (0, 1)
    assert name_of(state).startswith("reannotate-NewBody-20")
    # The stored clip is what the ingest annotated: the same annotator under another version gives the same values.
    assert changed(before, clip_contents(lake)) == {clip_id: {"body_src.version", "body_rev"}}
    assert column(lake, "body_rev") == {clip_id: 2}

    lake.delete("clip_media", "TRUE")
    config = ReannotateConfig(lake=lake.uri, annotator="motion")
    assert reannotate(config, return_state=True).message == "motion: 1 of 1 stale clips replaced"
    after = clip_contents(lake)
    assert {name for name in changed(before, after)[clip_id] if name in CLIP_COLUMNS} == {
        "body_rev",
        "motion_rev",
        "motion_inputs",
    }
    assert stale_downstream(lake, "body") == {"hands": 1}


def when(holds: Callable[[], bool], act: Callable[[], None]) -> Callable[[], None]:
    def wait_and_act() -> None:
        ends_at = time.monotonic() + START_S
        while not holds() and time.monotonic() < ends_at:
            time.sleep(0.1)
        act()

    return wait_and_act
