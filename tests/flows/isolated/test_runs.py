"""Ingests and re-annotations over Ray with an annotator in an environment of its own: built, missing and dying."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from prefect.testing.utilities import prefect_test_harness

from datasets.lake import Lake
from datasets.media.audio import encode_flac
from datasets.rows import table_of
from datasets.talker import write_talker
from flows import progress
from flows.ingest import ingest
from flows.ingest_config import IngestConfig
from flows.reannotate import reannotate
from flows.reannotation.config import ReannotateConfig
from tests.flows.isolated.stand_in import stand_in, with_annotators
from tests.flows.own_isolated import FAIL, LackingSpeech, Speaker, SpeechElsewhere
from tests.flows.stale_lakes import column, stale_lake

pytestmark = pytest.mark.slow
OWN = "tests.flows.own_isolated"


class Remarks(progress.Silent):
    """What a person at the terminal is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def remark(self, sentence: str) -> None:
        self.told.append(sentence)


@pytest.fixture(scope="module", autouse=True)
def _server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=300):
        yield


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """Two talkers of one shot each."""
    folder = tmp_path_factory.mktemp("films")
    for name, seconds in (("a", 3), ("b", 4)):
        write_talker(folder / f"{name}.mp4", seconds=seconds, shots=1)
    return folder


def ingested(films: Path, lake: Path, *names: str) -> tuple[list[dict], dict, list[str], str]:
    """The rows of the clips, the counts of the run, what was remarked, and how the run ended."""
    config = IngestConfig(source=str(films), lake=str(lake), annotators=names)
    remarks = Remarks()
    with progress.listening(remarks):
        state = ingest(config, return_state=True)
    assert state.is_completed(), state.message
    opened = Lake.open(lake)
    columns = ["clip_id", "n_frames", "keep", "reason", "detail"]
    columns += [
        name for name in opened.table("clips").schema.names if name.startswith(("speech_", "speaker_"))
    ]
    rows = opened.table("clips").to_table(columns=columns).sort_by("n_frames").to_pylist()
    (run,) = opened.table("runs").to_table().to_pylist()
    return rows, json.loads(run["counts"]), remarks.told, state.message


def test_an_ingest_hears_clips_elsewhere_and_derives_and_judges_what_follows(films, tmp_path, monkeypatch):
    stand_in(monkeypatch)
    with_annotators(monkeypatch, SpeechElsewhere, Speaker)
    names = ("face", "audio", "speech", "speaker")
    rows, counts, told, message = ingested(films, tmp_path / "lake", *names)
    assert [row["n_frames"] for row in rows] == [75, 100]
    for row in rows:
        n = row["n_frames"]
        assert row["speech_text"].startswith(f"0 pictures, {n} frames, {640 * n} samples")
        assert (row["speech_src"]["name"], row["speech_rev"]) == ("speech", 1)
        stamp = f"{row['speech_src']['version']}/{row['speech_src']['params_hash']}"
        assert row["speaker_inputs"] == f"speech {stamp}"
        assert (row["keep"], row["reason"]) == (False, "not_speaking")
        assert row["detail"] == "somebody is heard, and the mouth moves with it by 0.01 of at least 0.04"
    assert (counts["clips"], counts["clips_kept"], counts["clips_filtered"]) == (2, 0, 2)
    assert counts["reasons"] == {"not_speaking": 2}
    assert counts["costs"]["stages"]["speech"]["amount"] == 175
    assert "2 clips: 0 kept, 2 filtered, 0 quarantined" in message
    assert not [sentence for sentence in told if "speech" in sentence]

    # Judged again by a surer speaker: what was left out for this reason is kept after all.
    config = ReannotateConfig(lake=str(tmp_path / "lake"), annotator=f"{OWN}:SureSpeaker")
    assert reannotate(config, return_state=True).message.startswith("speaker: 2 of 2 stale clips replaced")
    clips = Lake.open(tmp_path / "lake").table("clips").to_table(columns=["keep", "reason", "detail"])
    assert clips.to_pylist() == [{"keep": True, "reason": None, "detail": None}] * 2
    # And by higher bounds, with the older annotator: left out again, in the commit that has the columns.
    bounds = {"min_speaker_score": 0.5}
    config = ReannotateConfig(lake=str(tmp_path / "lake"), annotator=f"{OWN}:Speaker", speaking=bounds)
    before = Lake.open(tmp_path / "lake").table("clips").version
    reannotate(config)
    table = Lake.open(tmp_path / "lake").table("clips")
    assert (table.version, table.count_rows("reason = 'not_speaking' AND keep = FALSE")) == (before + 1, 2)


def test_an_ingest_and_a_reannotation_in_the_real_environment(
    films, tmp_path, monkeypatch, real_environments
):
    with_annotators(monkeypatch, SpeechElsewhere)
    rows, counts, _, _ = ingested(films, tmp_path / "lake", "speech")
    heard = {row["clip_id"]: row["speech_text"] for row in rows}
    assert all(text.endswith("numpy 2") for text in heard.values())
    assert counts["clips_kept"] == 2

    lake = Lake.open(tmp_path / "lake")
    config = ReannotateConfig(lake=lake.uri, annotator=f"{OWN}:SpeechElsewhere")
    assert reannotate(config, return_state=True).message == "speech: 0 of 0 stale clips replaced"
    lake.table("clips").update({"speech_text": "'older'", "speech_inputs": "'of something else'"})
    assert reannotate(config, return_state=True).message == "speech: 2 of 2 stale clips replaced"
    again = lake.table("clips").to_table(columns=["clip_id", "speech_text", "speech_rev"]).to_pylist()
    assert {row["clip_id"]: row["speech_text"] for row in again} == heard
    assert [row["speech_rev"] for row in again] == [2, 2]


def test_without_the_environment_the_run_says_so_once_and_the_slot_can_be_made_up_for(
    films, tmp_path, monkeypatch
):
    with_annotators(monkeypatch, SpeechElsewhere)
    rows, counts, told, _ = ingested(films, tmp_path / "lake", "speech")
    missing = "the environment speech is not built: run `emo2 env build speech`"
    assert [sentence for sentence in told if "environment" in sentence] == [f"speech: {missing}"]
    for row in rows:
        assert (row["speech_reason"], row["speech_src"], row["speech_text"]) == (missing, None, None)
        assert row["keep"]
    assert (counts["clips"], counts["clips_kept"]) == (2, 2)

    config = ReannotateConfig(lake=str(tmp_path / "lake"), annotator=f"{OWN}:SpeechElsewhere")
    state = reannotate(config, return_state=True)
    assert (state.name, missing in state.message) == ("Refused", True)
    stand_in(monkeypatch)
    assert reannotate(config, return_state=True).message.startswith("speech: 2 of 2 stale clips replaced")
    row = Lake.open(tmp_path / "lake").table("clips").to_table(limit=1).to_pylist()[0]
    assert (row["speech_reason"], row["speech_ratio"]) == (None, 0.5)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [("die", "failed in the environment speech: WorkerCrashedError"), ("raise", "OddError: no words")],
)
def test_a_task_that_dies_or_raises_elsewhere_costs_its_clips_nothing_but_the_slot(
    films, tmp_path, monkeypatch, how, sentence
):
    stand_in(monkeypatch)
    with_annotators(monkeypatch, SpeechElsewhere)
    monkeypatch.setenv(FAIL, how)
    rows, counts, _, message = ingested(films, tmp_path / "lake", "speech")
    assert (counts["clips"], counts["clips_kept"], counts["videos_ingested"]) == (2, 2, 2)
    assert "2 kept" in message
    for row in rows:
        assert sentence in row["speech_reason"]
        assert row["keep"]
        assert row["speech_src"] is row["speech_ratio"] is row["speech_digest"] is None


def test_on_a_node_that_lacks_the_environment_the_task_ends_and_says_so(films, tmp_path, monkeypatch):
    stand_in(monkeypatch, python=str(tmp_path / "bin" / "python"))
    with_annotators(monkeypatch, SpeechElsewhere)
    rows, *_ = ingested(films, tmp_path / "lake", "speech")
    for row in rows:
        assert f"has no {tmp_path}/bin/python: build the environment there" in row["speech_reason"]
        assert (row["keep"], row["speech_src"]) == (True, None)


def test_a_missing_model_is_told_once_for_the_run(films, tmp_path, monkeypatch):
    stand_in(monkeypatch)
    monkeypatch.setattr(LackingSpeech, "environment", "speech")
    with_annotators(monkeypatch, LackingSpeech)
    rows, _, told, _ = ingested(films, tmp_path / "lake", "speech")
    sentence = "model whisper-small is not on this machine: run `emo2 models get whisper-small`"
    assert [row["speech_reason"] for row in rows] == [sentence] * 2
    assert [each for each in told if "whisper" in each] == [f"speech: {sentence}"]


def test_a_reannotation_elsewhere_tells_which_clip_took_its_process_down(tmp_path, monkeypatch):
    stand_in(monkeypatch)
    lake = stale_lake(tmp_path, 1)
    flac = encode_flac(np.zeros(5120, np.float32))
    media = [{"clip_id": "clip000", "mp4": b"no mp4 at all", "n_frames": 8, "audio": flac}]
    lake.append("clip_media", lake.write_fragments("clip_media", table_of("clip_media", media)))
    config = ReannotateConfig(lake=lake.uri, annotator=f"{OWN}:SpeechElsewhere")
    monkeypatch.setenv(FAIL, "die")
    state = reannotate(config, return_state=True)
    assert state.name == "Failed"
    assert "clip000: the process that annotated it died (WorkerCrashedError)" in state.message
    monkeypatch.delenv(FAIL)
    assert reannotate(config, return_state=True).message == "speech: 1 of 1 stale clips replaced"
    assert column(lake, "speech_text")["clip000"].startswith("0 pictures, 8 frames, 5120 samples")
