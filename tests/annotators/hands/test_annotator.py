"""The annotator on a rendered talker: from pixels to columns, against what it was rendered from."""

import av
import numpy as np
import pyarrow as pa
import pytest

from annotators.annotator import Clip
from annotators.hands import HandsAnnotator
from datasets.schema import AXIS_ANGLE_WIDTH, HAND_POINTS, MANO_WIDTH, SLOTS
from datasets.talker import TalkerTruth, write_talker

SIZE = np.array([512, 704])


@pytest.fixture(scope="module")
def annotator() -> HandsAnnotator:
    return HandsAnnotator()


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> tuple[TalkerTruth, np.ndarray]:
    """Two seconds of a talker with both hands in the picture, and its frames."""
    path = tmp_path_factory.mktemp("talker") / "talker.mp4"
    facts = write_talker(path, seconds=2, shots=1, seed=1, width_px=512, height_px=704)
    with av.open(str(path)) as container:
        return facts, np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def pose_of(facts: TalkerTruth) -> np.ndarray:
    """(T, 99) body keypoints as the body annotator would give them: only the wrists, from the truth."""
    pose = np.zeros((facts.n_frames, 33, 3), np.float32)
    names = list(facts.body_names)
    for landmark, name in (
        (11, "left_shoulder"),
        (12, "right_shoulder"),
        (13, "left_elbow"),
        (14, "right_elbow"),
    ):
        pose[:, landmark, :2] = facts.body_2d[:, names.index(name)] / SIZE
    pose[:, [15, 16], :2] = facts.keypoints_2d[:, :, 0] / SIZE
    pose[..., 2] = 1.0
    return pose.reshape(len(pose), 99)


@pytest.fixture(scope="module")
def row(annotator: HandsAnnotator, truth: tuple[TalkerTruth, np.ndarray]) -> dict[str, np.ndarray]:
    facts, frames = truth
    clip = Clip("talker", frames, columns={"body_keypoints": pose_of(facts)})
    return values(annotator.annotate([clip]))


def values(batch: pa.RecordBatch) -> dict[str, np.ndarray]:
    return {name: np.array(batch[name][0].as_py()) for name in batch.schema.names}


def test_both_hands_of_a_talker_are_found_on_their_own_sides(row, truth):
    facts, _ = truth
    valid = row["hands_valid"] == 1
    assert valid.mean() > 0.9
    points = row["hands_keypoints"].reshape(-1, 2, 21, 2) * SIZE
    own = np.linalg.norm(points - facts.keypoints_2d, axis=-1).mean(axis=-1)
    other = np.linalg.norm(points - facts.keypoints_2d[:, ::-1], axis=-1).mean(axis=-1)
    assert (own < other)[valid].all()
    assert np.median(own[valid]) < 10


def test_the_wrists_stand_in_front_of_the_camera_on_the_rays_of_the_true_ones(row, truth):
    facts, _ = truth
    valid = row["hands_valid"] == 1
    wrist = row["hands_wrist"].reshape(-1, 2, 3)[valid].astype(float)
    drawn_px = row["hands_focal_px"] * wrist[:, :2] / wrist[:, 2:] + SIZE / 2
    assert (wrist[:, 2] > 0.2).all()
    assert np.median(np.linalg.norm(drawn_px - facts.keypoints_2d[:, :, 0][valid], axis=-1)) < 15


def test_frames_without_a_hand_hold_nan_and_zero_scores(annotator: HandsAnnotator):
    grey = np.full((3, 704, 512, 3), 128, np.uint8)
    found = values(annotator.annotate([Clip("grey", grey)]))
    for name in ("hands_valid", "hands_confidence", "hands_clarity"):
        assert (found[name] == 0).all()
    for name in ("hands_mano", "hands_axis_angle", "hands_wrist", "hands_keypoints", "hands_world"):
        assert np.isnan(found[name].astype(float)).all()


def test_columns_have_the_widths_of_the_schema(row, truth):
    count = truth[0].n_frames
    assert row["hands_mano"].shape == (count, MANO_WIDTH)
    assert row["hands_axis_angle"].shape == (count, AXIS_ANGLE_WIDTH)
    assert row["hands_world"].shape == (count, HAND_POINTS * 3)
    assert row["hands_model"] == "neutral"
    assert (row["hands_betas"] == np.zeros(10)).all()


def test_a_clip_is_labelled_alike_whatever_came_before_it(annotator: HandsAnnotator, truth):
    facts, frames = truth
    clip = Clip("short", frames[:8], columns={"body_keypoints": pose_of(facts)[:8]})
    other = Clip("other", frames[20:26], columns={"body_keypoints": pose_of(facts)[20:26]})
    batch = annotator.annotate([clip, other, clip])
    assert str(batch.slice(0, 1).to_pylist()) == str(batch.slice(2, 1).to_pylist())


def test_no_clips_and_a_clip_without_frames_give_the_schema(annotator: HandsAnnotator):
    assert annotator.annotate([]).schema == SLOTS["hands"]
    body = {"body_keypoints": np.empty((0, 99), np.float32)}
    empty = annotator.annotate([Clip("empty", np.empty((0, 704, 512, 3), np.uint8), columns=body)])
    assert empty["hands_mano"][0].as_py() == []
