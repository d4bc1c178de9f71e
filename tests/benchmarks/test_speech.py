"""The table of speech: what stands beside what, and what is said where nothing can be measured."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.speech import run, sounds
from datasets.frame import AUDIO_RATE_HZ
from flows.environments import Environment

HERE = Environment("speech", Path("/envs/speech"), Path("/envs/speech/bin/python"))
MODELS = {"recognition": "/m/whisper", "alignment": "/m/wav2vec2", "diarisation": "/m/diarisation"}


def timed(who: str, voice: float, diarisation: float, rest: float) -> dict:
    parts = {"voice": voice, "recognition": rest / 2, "alignment": rest / 2, "diarisation": diarisation}
    return {"who": who, "audio_s": 36.0, "whole_s": voice + diarisation + rest, "parts_s": parts}


@pytest.fixture
def measured(monkeypatch) -> None:
    """Three rounds of each: ours takes 10 % more than whisperX alone, and a third of its diarisation."""
    ours = [timed("ours", 1.1, 10.0, 4.4), timed("ours", 1.1, 10.0, 4.4), timed("ours", 9.0, 90.0, 90.0)]
    alone = [timed("alone", 1.0, 30.0, 4.0), timed("alone", 1.0, 30.0, 4.0), timed("alone", 1.0, 30.0, 4.0)]
    monkeypatch.setattr(run, "_run", lambda *asked: [*ours, *alone])


def test_each_part_stands_beside_whisperx_alone_in_sound_labelled_per_core(measured):
    rows = {row.measure: row for row in run._compared(HERE, "clips", [Path("a.npy")], MODELS, 3)}
    voice = rows["voice activity, clips"]
    assert voice.value == pytest.approx(36.0 / 1.1)
    assert voice.parts["whisperX alone"] == pytest.approx(36.0)
    assert rows["all of it, clips"].value == pytest.approx(36.0 / 15.5)


def test_the_overhead_is_the_median_of_neighbouring_rounds_so_that_one_disturbed_round_decides_nothing(
    measured,
):
    rows = {row.measure: row for row in run._compared(HERE, "clips", [Path("a.npy")], MODELS, 3)}
    whole = rows["more than whisperX alone, clips"]
    assert (whole.value, whole.met) == (pytest.approx(100 * (15.5 / 35.0 - 1)), True)
    spoken = rows["more than whisperX alone but for diarisation, clips"]
    assert spoken.value == pytest.approx(10.0)
    assert spoken.parts["most"] > 1000


def test_a_part_that_was_left_out_has_no_row(measured):
    left_out = MODELS | {"diarisation": None}
    measures = [row.measure for row in run._compared(HERE, "long", [Path("a.npy")], left_out, 3)]
    assert not any("diarisation" in measure for measure in measures)


def test_without_the_environment_or_recordings_the_table_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(run, "find_environment", lambda name: None)
    (row,) = run.rows(run.QUICK, tmp_path)
    assert "emo2 env build speech" in row.parts["missing"]
    monkeypatch.setattr(run, "find_environment", lambda name: HERE)
    monkeypatch.delenv("EMO2_MEDIA", raising=False)
    (row,) = run.rows(run.QUICK, tmp_path)
    assert "EMO2_MEDIA" in row.parts["missing"]
    assert json.dumps(row.value) == "null"


def test_recordings_are_cut_as_an_ingest_cuts_and_joined_to_a_long_one(media, tmp_path):
    made = sounds.write_sounds(media / "speech", tmp_path, clips=4, long_s=45.0)
    lengths = [len(np.load(path)) for path in made.clips]
    assert len(lengths) == 4
    assert max(lengths) == sounds.CLIP_SAMPLES
    assert min(lengths) >= sounds.CLIP_SAMPLES // 3
    assert len(np.load(made.long)) == 45 * AUDIO_RATE_HZ
