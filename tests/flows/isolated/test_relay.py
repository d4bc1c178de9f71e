"""Clips on their way through other environments, over a real Ray but without videos (flows.isolated.relay)."""

import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import ray

from annotators.settings import ModelSettings
from datasets.lake import Lake
from datasets.media.audio import encode_flac
from datasets.schema import CLIPS
from flows.accounting import Counts
from flows.ingest_config import IngestConfig
from flows.isolated.relay import IsolatedSlots
from flows.isolated.route import route_of
from flows.ray_session import Cancelled, ray_session
from flows.ray_tasks import Context
from flows.task_queue import TaskQueue
from flows.work import Media, Outcome, sounds_of
from tests.flows.isolated.stand_in import stand_in, with_annotators
from tests.flows.own_isolated import FAIL, Speaker, SpeechElsewhere

pytestmark = pytest.mark.slow
NAMES = ("face", "audio", "speech", "speaker")


def outcome(*clip_ids: str) -> Outcome:
    """Clips as `make` gives them, the last one without sound; and one that was not kept."""
    flac = encode_flac(np.zeros(32_000, np.float32))
    rows = [{"clip_id": clip_id, "n_frames": 50, "keep": True} for clip_id in clip_ids]
    clips = pa.Table.from_pylist([*rows, {"clip_id": "short", "n_frames": 9, "keep": False}], schema=CLIPS)
    audio = [*(flac for _ in clip_ids[1:]), None]
    sounds = pa.table({"clip_id": [*clip_ids], "audio": pa.array(audio, pa.binary())})
    return Outcome(clips, (Media(clip_ids, ("{}",)),), Counts(clips=3), sounds)


def context(tmp_path: Path) -> Context:
    lake = Lake.open(tmp_path / "lake", create=True)
    config = IngestConfig(source="-", lake=lake.uri, annotators=NAMES)
    route = route_of(config.annotators, ModelSettings())
    return Context(lake, config, "run", tmp_path, False, route)


@ray.remote
def given(value: object) -> object:
    return value


def test_what_is_on_its_way_comes_out_once_and_whole_with_its_tag(tmp_path, monkeypatch):
    stand_in(monkeypatch)
    with_annotators(monkeypatch, SpeechElsewhere, Speaker)
    with ray_session() as session:
        queue, relay = TaskQueue(session), IsolatedSlots(context(tmp_path))
        queue.put("two", given, outcome("a", "b"))
        queue.put("plain", given, 7)
        came = dict(relay.finished(queue))
    assert came["plain"] == 7
    whole = came["two"]
    assert isinstance(whole, Outcome)
    assert (whole.sounds, whole.media) == (None, outcome("a", "b").media)
    a, b, short = whole.clips.to_pylist()
    assert a["speech_text"].startswith("0 pictures, 50 frames, 32000 samples")
    assert b["speech_text"].startswith("0 pictures, 50 frames, None samples")
    assert (a["reason"], short["speech_src"], short["speaker_src"]) == ("not_speaking", None, None)
    assert whole.counts.clips == 3
    amounts = {name: stage.amount for name, stage in whole.counts.costs.stages.items()}
    assert amounts == {"decode sound": 100, "speech": 100, "speaker": 100}


def test_a_run_that_is_stopped_while_an_annotator_works_elsewhere_ends_soon(tmp_path, monkeypatch):
    stand_in(monkeypatch)
    with_annotators(monkeypatch, SpeechElsewhere, Speaker)
    monkeypatch.setenv(FAIL, "sleep")
    with ray_session() as session:
        queue, relay = TaskQueue(session), IsolatedSlots(context(tmp_path))
        queue.put("a", given, outcome("a"))
        stopping = threading.Timer(15, session.stop)
        stopping.start()
        with pytest.raises(Cancelled):
            list(relay.finished(queue))
        stopped_s = time.monotonic()
    assert time.monotonic() - stopped_s < 60


def test_an_annotator_elsewhere_is_sent_the_sound_of_kept_clips_and_the_columns_it_reads():
    sent = sounds_of(outcome("a", "b"), {"speech": "it is not built"}, ("speech",))
    assert sent["clip_id"].to_pylist() == ["a", "b"]
    assert sent["speech_reason"].to_pylist() == ["it is not built"] * 2
    assert [value is None for value in sent["audio"].to_pylist()] == [False, True]
    assert "body_keypoints" not in sent.column_names
