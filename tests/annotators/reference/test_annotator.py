import cv2
import numpy as np
import pytest

from annotators.annotator import Clip
from annotators.reference import ReferenceAnnotator
from annotators.reference import annotator as module
from annotators.settings import ReferenceParams
from datasets.models import FoundModel
from tests.annotators.reference.stills import face_columns, hand_columns, pictures
from tests.annotators.reference.tiny_clip import HIDDEN, write_tiny_clip

FRAMES = 12


@pytest.fixture
def no_model(monkeypatch):
    monkeypatch.setattr(module, "find_model", lambda name: None)


@pytest.fixture
def tiny_model(monkeypatch, tmp_path):
    found = FoundModel("clip-vit-l14", write_tiny_clip(tmp_path), "clip-vit-l14@0123456789ab")
    monkeypatch.setattr(module, "find_model", lambda name: found)
    return found


def a_clip(**columns) -> Clip:
    return Clip("a", pictures(FRAMES, sharp=[3, 6]), columns=columns)


def test_the_still_is_stored_with_its_parts(no_model):
    seen = hand_columns(FRAMES, left=[3, 6], right=[6])
    (row,) = ReferenceAnnotator().annotate([a_clip(**face_columns(FRAMES, shut=[3]), **seen)]).to_pylist()
    assert row["reference_frame"] == 6
    assert row["reference_score"] == pytest.approx(1.0)
    parts = [row[f"reference_{part}"] for part in ("sharpness", "eyes", "hands")]
    assert parts == pytest.approx([1, 1, 1])


def test_the_jpeg_is_that_frame(no_model):
    clip = a_clip()
    clip.frames[6] = cv2.rotate(clip.frames[6], cv2.ROTATE_180)
    clip.frames[3] = 90
    (row,) = ReferenceAnnotator().annotate([clip]).to_pylist()
    assert row["reference_frame"] == 6
    read = cv2.imdecode(np.frombuffer(row["reference_jpeg"], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    error = [np.abs(read.astype(float) - frame).mean() for frame in clip.frames]
    assert error.pop(6) < 0.6 * min(error)


def test_without_the_model_all_but_the_embedding_is_filled_and_a_reason_says_so(no_model):
    (row,) = ReferenceAnnotator().annotate([a_clip(**face_columns(FRAMES))]).to_pylist()
    assert row["reference_embedding"] is None
    assert row["reference_model"] is None
    assert "clip-vit-l14" in row["reference_reason"]
    assert row["reference_hands"] is None  # nobody looked for hands
    assert None not in (row["reference_jpeg"], row["reference_eyes"], row["reference_score"])


def test_with_the_model_the_still_is_embedded(tiny_model):
    (row,) = ReferenceAnnotator(ReferenceParams(device="cpu")).annotate([a_clip()]).to_pylist()
    assert len(row["reference_embedding"]) == HIDDEN
    assert np.linalg.norm(row["reference_embedding"]) == pytest.approx(1, abs=2e-3)
    assert row["reference_model"] == tiny_model.stamp
    assert row["reference_reason"] is None


def test_a_model_that_arrives_later_changes_the_parameters(no_model, monkeypatch, tmp_path):
    before = ReferenceAnnotator().params
    assert before["clip"] is None
    found = FoundModel("clip-vit-l14", tmp_path, "clip-vit-l14@0123456789ab")
    monkeypatch.setattr(module, "find_model", lambda name: found)
    assert ReferenceAnnotator().params == before | {"clip": found.stamp}


def test_a_clip_without_frames_is_null_with_a_reason(no_model):
    (row,) = ReferenceAnnotator().annotate([Clip("empty", pictures(0))]).to_pylist()
    assert row["reference_reason"] == "the clip has no frames"
    assert row["reference_frame"] is row["reference_jpeg"] is None
