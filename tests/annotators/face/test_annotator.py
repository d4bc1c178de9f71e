"""The face slot on rendered talkers whose lips and lids are known, and on pictures without a face."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from scipy.ndimage import label

from annotators.annotator import Clip
from annotators.body import BodyAnnotator
from annotators.columns import one_value
from annotators.face import FaceAnnotator
from datasets.schema import SLOTS
from tests.annotators.face.talkers import Talker, body_at, talker, winking_talker


@pytest.fixture(scope="module")
def annotator() -> FaceAnnotator:
    return FaceAnnotator()


def labelled(annotator: FaceAnnotator, frames: np.ndarray, body: np.ndarray | None, audio=None) -> dict:
    """The slot's values of one clip."""
    columns = {} if body is None else {"body_keypoints": body}
    row = annotator.annotate([Clip("clip", frames, audio, columns)])
    return {name: one_value(row[name]) for name in SLOTS["face"].names}


@pytest.fixture(scope="module")
def spoken(annotator) -> tuple[Talker, dict]:
    """A talker of 4 s as the pipeline labels it: the body first."""
    who = talker()
    body = one_value(BodyAnnotator().annotate([Clip("talker", who.frames)])["body_keypoints"])
    return who, labelled(annotator, who.frames, body)


def test_the_lips_follow_the_true_opening(spoken):
    who, found = spoken
    gap = found["face_mouth"][:, 0].astype(float)
    assert np.corrcoef(gap, who.mouth)[0, 1] > 0.85
    assert gap[who.mouth > 0.8].mean() > gap[who.mouth == 0].mean() + 0.03


def test_every_blink_is_found_and_no_other(spoken):
    who, found = spoken
    eyes = found["face_eyes"].astype(float)
    shut = (eyes < 0.7 * np.median(eyes, axis=0)).all(axis=1)
    assert label(shut)[1] == label(who.lids > 0.5)[1] >= 1
    assert shut[who.lids == 1].all()
    assert not shut[who.lids == 0].any()


def test_the_face_is_found_in_every_frame_where_it_is(spoken):
    who, found = spoken
    box = found["face_box"].astype(float)
    middle_px = (box[:, :2] + box[:, 2:] / 2) * [512, 704]
    assert found["face_seen"] == 1.0
    assert np.linalg.norm(middle_px - who.face_px, axis=1).max() < 25
    assert box[:, 3] * 704 == pytest.approx(110, abs=20)


def test_a_wink_of_the_left_eye_stands_first(annotator, monkeypatch):
    who = winking_talker(monkeypatch)
    eyes = labelled(annotator, who.frames, who.body)["face_eyes"].astype(float)
    closing = 1 - eyes[who.lids == 1].mean(axis=0) / np.median(eyes[who.lids == 0], axis=0)
    assert closing[0] > 0.4
    assert closing[0] > 2 * closing[1]


def test_where_the_face_is_covered_there_is_nan_and_nothing_else_changes(annotator):
    who = talker()
    covered = who.frames[:50].copy()
    covered[20:30, :330] = 40
    found = labelled(annotator, covered, who.body[:50])
    for name in ("face_mouth", "face_eyes", "face_box"):
        assert np.isnan(found[name][20:30]).all()
        assert np.isfinite(found[name][:20]).all()
        assert np.isfinite(found[name][31:]).all()
    assert found["face_seen"] == pytest.approx(0.8, abs=0.021)


@pytest.mark.parametrize("which", [0, 1])
def test_of_two_faces_it_is_the_one_on_the_bodys_shoulders(annotator, which):
    who = talker()
    x, y = who.face_px[0].astype(int)
    face = who.frames[:10, y - 110 : y + 110, x - 90 : x + 90]
    frames = np.full((10, 704, 512, 3), 120, np.uint8)
    lefts = (60, 270)
    for left in lefts:
        frames[:, 100:320, left : left + 180] = face
    middle = np.array([lefts[which] + 90.0, 210.0])
    box = labelled(annotator, frames, body_at(np.tile(middle, (10, 1))))["face_box"].astype(float)
    assert (box[:, 0] + box[:, 2] / 2) * 512 == pytest.approx(np.full(10, middle[0]), abs=20)


def test_without_a_body_a_large_face_is_found_all_the_same(annotator):
    who = talker()
    x, y = who.face_px[0].astype(int)
    large = np.stack([cv2.resize(f[y - 110 : y + 110, x - 80 : x + 80], (512, 704)) for f in who.frames[:5]])
    for body in (None, np.full((5, 99), np.nan)):
        assert labelled(annotator, large, body)["face_seen"] == 1.0


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_picture_of_nothing_has_no_face(annotator, level):
    found = labelled(
        annotator, np.full((4, 704, 512, 3), level, np.uint8), None, np.zeros(4 * 640, np.float32)
    )
    assert found["face_seen"] == 0.0
    assert np.isnan(found["face_mouth"]).all()
    assert found["face_mouth"].shape == (4, 2)
    assert found["face_sync"] is None
    assert found["face_reason"] == "no face was found in the clip"


def test_two_hands_have_no_face(annotator, media):
    with av.open(f"file:{media / 'hands/hands_no_face.mp4'}") as container:
        pictures = [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)][:50:2]
    frames = np.stack([cv2.resize(picture, (512, 704)) for picture in pictures])
    body = one_value(BodyAnnotator().annotate([Clip("hands", frames)])["body_keypoints"])
    assert labelled(annotator, frames, body)["face_seen"] < 0.1


def test_a_clip_keeps_nothing_of_the_one_before(annotator):
    who = talker()
    first, second = ((who.frames[a:b], who.body[a:b]) for a, b in ((0, 8), (60, 68)))
    alone = labelled(FaceAnnotator(), *second)
    labelled(annotator, *first)
    after = labelled(annotator, *second)
    assert np.array_equal(after["face_mouth"], alone["face_mouth"])


def test_without_weights_or_sound_it_says_which(annotator):
    who = talker()
    few = (who.frames[:3], who.body[:3])
    assert labelled(annotator, *few)["face_reason"] == "the clip has no sound"
    missing = labelled(annotator, *few, np.zeros(3 * 640, np.float32))
    assert "emo2 models get syncnet" in missing["face_reason"]
    assert missing["face_sync"] is missing["face_sync_lag_s"] is missing["face_sync_model"] is None
    assert annotator.params["syncnet"] is None


def test_a_clip_without_frames_is_null(annotator):
    row = annotator.annotate([Clip("empty", np.empty((0, 704, 512, 3), np.uint8))]).to_pylist()[0]
    assert set(row.values()) == {None}


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """SyncNet with weights at random, in the file's true form."""
    import torch

    from datasets.syncnet.network import SyncNet

    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("syncnet") / "syncnet_v2.model"
    torch.save(SyncNet().state_dict(), path)
    return path


def test_with_weights_syncnet_says_its_word_and_the_same_again(weights):
    from annotators.settings import FaceParams

    who = talker()
    frames, body = who.frames[:32], who.body[:32]
    sound = np.random.default_rng(0).normal(0, 0.1, 32 * 640).astype(np.float32)
    annotator = FaceAnnotator(FaceParams(syncnet=str(weights), device="cpu"))
    found, again = (labelled(annotator, frames, body, sound) for _ in range(2))
    assert found["face_sync"] >= 0
    assert abs(found["face_sync_lag_s"]) < 0.61
    assert found["face_sync_model"] == annotator.params["syncnet"] != FaceAnnotator().params["syncnet"]
    assert found["face_reason"] is None
    assert [again[name] for name in ("face_sync", "face_sync_lag_s")] == [
        found[name] for name in ("face_sync", "face_sync_lag_s")
    ]


def test_syncnet_says_nothing_of_a_second_of_face(weights):
    from annotators.settings import FaceParams

    who = talker()
    annotator = FaceAnnotator(FaceParams(syncnet=str(weights), device="cpu"))
    found = labelled(annotator, who.frames[:25], who.body[:25], np.zeros(25 * 640, np.float32))
    assert found["face_sync"] is None
    assert "too few frames" in found["face_reason"]
