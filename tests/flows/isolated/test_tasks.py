"""What is imported in other environments imports there, and its results can come back."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from datasets.content import row_digests
from datasets.media.audio import encode_flac
from datasets.schema import CLIPS, SLOTS, slot_columns
from flows.environments import ray_options
from flows.isolated.choice import AnnotatorPlace, place_of
from flows.isolated.labels import IsolatedError, label_sounds, plain_errors, sounds_schema
from tests.flows.own_isolated import FAIL, HeardSpeech, OddError, SpeechElsewhere

ROOT = Path(__file__).parents[3]

# Of the main environment alone, or too slow to import where nobody needs it.
REFUSED = {"prefect", "mediapipe", "numba", "transformers", "typer", "rich", "sqlalchemy", "boto3"}
_IMPORT = f"""
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {REFUSED!r}:
            raise ImportError(f"{{name}} is not in every environment")
sys.meta_path.insert(0, Refusing())
import flows.isolated.tasks
print("imported")
"""


def test_the_tasks_import_without_what_only_the_main_environment_has():
    done = subprocess.run([sys.executable, "-c", _IMPORT], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "imported\n", done.stderr[-2000:]


_LABEL = """
import pickle, sys
import pyarrow as pa
from flows.isolated.choice import AnnotatorPlace
from flows.isolated.labels import label_sounds
from flows.isolated import tasks
place, clips = pickle.load(sys.stdin.buffer)
made = label_sounds(clips, place.load(), run_id="r", gpus=0.0)
sys.stdout.buffer.write(pickle.dumps(made))
"""


def test_labels_of_the_real_environment_come_back_and_are_digested_alike(real_environments):
    python_path = ray_options("speech")["runtime_env"]["env_vars"]["PYTHONPATH"]
    done = subprocess.run(
        [real_environments.python, "-c", _LABEL],
        input=pickle.dumps((place_of(SpeechElsewhere, None), sounds("a", "b"))),
        env={**os.environ, "PYTHONPATH": os.pathsep.join([python_path, str(ROOT)])},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr[-2000:].decode()
    made = pickle.loads(done.stdout)
    assert made.rows["clip_id"].to_pylist() == ["a", "b"]
    assert made.rows["speech_text"][0].as_py() == "0 pictures, 50 frames, 32000 samples, numpy 2"
    assert made.rows["speech_digest"].to_pylist() == row_digests(made.rows, SLOTS["speech"].names)


def sounds(*clip_ids: str) -> pa.Table:
    flac = encode_flac(np.zeros(32_000, np.float32))
    rows = [{"clip_id": clip_id, "n_frames": 50, "audio": flac} for clip_id in clip_ids]
    return pa.Table.from_pylist(rows, schema=sounds_schema(()))


def test_an_annotator_hears_a_clip_and_sees_nothing():
    made = label_sounds(sounds("a"), HeardSpeech(), run_id="r", gpus=0.0)
    assert made.rows.column_names == ["clip_id", *slot_columns("speech")]
    (row,) = made.rows.to_pylist()
    assert row["speech_text"].startswith("0 pictures, 50 frames, 32000 samples")
    assert (row["speech_src"]["version"], row["speech_rev"], row["speech_inputs"]) == ("1", 1, None)
    assert made.costs.stages["speech"].amount == made.costs.stages["decode sound"].amount == 50


def test_a_clip_without_sound_is_heard_as_none():
    silent = sounds("a").set_column(2, "audio", pa.nulls(1, pa.binary()))
    made = label_sounds(silent, HeardSpeech(), run_id="r", gpus=0.0)
    assert "None samples" in made.rows["speech_text"][0].as_py()


def test_a_damaged_clip_keeps_its_reason_and_costs_the_others_nothing():
    clips = sounds("a", "b")
    damaged = pa.array([b"fLaC nothing", clips["audio"][1].as_py()], pa.binary())
    made = label_sounds(clips.set_column(2, "audio", damaged), HeardSpeech(), run_id="r", gpus=0.0)
    first, second = made.rows.to_pylist()
    assert "clip a" in first["speech_reason"]
    assert first["speech_src"] is first["speech_ratio"] is first["speech_digest"] is None
    assert (second["speech_reason"], second["speech_ratio"]) == (None, 0.5)


def test_what_was_read_is_told_as_inputs_and_given_as_columns():
    class OfBody(HeardSpeech):
        reads = ("body",)
        needs = "columns"

        def _row(self, clip):
            return {"speech_text": f"{clip.columns['body_keypoints'][0, 0]:g}"}

    source = {"name": "body", "version": "2", "params_hash": "ab", "run_id": "r", "at": None}
    row = {"clip_id": "a", "n_frames": 1, "body_keypoints": [[7.0] * 99], "body_src": source}
    clips = pa.Table.from_pylist([row, {"clip_id": "b", "n_frames": 1}], schema=sounds_schema(("body",)))
    made = label_sounds(clips, OfBody(), run_id="r", gpus=0.0).rows.to_pylist()
    assert (made[0]["speech_text"], made[0]["speech_inputs"]) == ("7", "body 2/ab")
    assert made[1]["speech_reason"].startswith("TypeError")
    assert CLIPS.field("body_src").type == clips.schema.field("body_src").type


def test_an_exception_of_a_class_nobody_else_has_is_told_in_words(monkeypatch):
    def odd() -> None:
        raise OddError("no words")

    with pytest.raises(IsolatedError, match="OddError: no words"):
        plain_errors(odd)()
    monkeypatch.setenv(FAIL, "raise")
    made = label_sounds(sounds("a"), HeardSpeech(), run_id="r", gpus=0.0)
    assert made.rows["speech_reason"].to_pylist() == ["OddError: no words at all"]


def test_an_annotator_of_ours_gets_its_settings_and_ones_own_none():
    place = place_of(HeardSpeech, None)
    assert place == AnnotatorPlace("speech", "tests.flows.own_isolated:HeardSpeech", None, (), "sound", None)
    assert isinstance(place.load(), HeardSpeech)
