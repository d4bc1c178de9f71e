from dataclasses import fields

import numpy as np
import pytest

from datasets.errors import UserError
from datasets.hand.camera import Camera
from datasets.hand.model import SIDES
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix
from datasets.talker import load_truth


def test_the_file_gives_back_the_truth(talker):
    loaded = load_truth(talker.truth_file)
    for field in fields(loaded):
        np.testing.assert_array_equal(getattr(loaded, field.name), getattr(talker.truth, field.name))
    assert loaded.hand_model == "neutral"
    assert loaded.body_names.tolist()[:3] == ["nose", "left_shoulder", "right_shoulder"]


def test_2d_points_are_the_3d_points_through_the_camera(talker):
    truth = talker.truth
    for frame in range(0, truth.n_frames, 20):
        camera = Camera(float(truth.focal_px[frame]), *truth.centre_px[frame].tolist())
        hands, body = camera.project(truth.keypoints_3d[frame]), camera.project(truth.body_3d[frame])
        np.testing.assert_allclose(truth.keypoints_2d[frame], hands, atol=0.01)
        np.testing.assert_allclose(truth.body_2d[frame], body, atol=0.01)


def test_the_hand_model_posed_by_the_parameters_gives_the_3d_points(talker):
    truth, hand = talker.truth, neutral_hand()
    for column, side in enumerate(SIDES):
        rotations = axis_angle_to_matrix(truth.axis_angle[:, column].reshape(-1, 16, 3))
        posed = hand.forward(rotations, truth.translation[:, column], truth.betas, side)
        np.testing.assert_allclose(posed.keypoints, truth.keypoints_3d[:, column], atol=1e-5)
        np.testing.assert_allclose(posed.keypoints[:, 0], truth.wrist[:, column], atol=1e-5)


def test_the_left_hand_is_right_of_the_right_hand_in_the_picture(talker):
    left, right = talker.truth.keypoints_2d[:, 0, 0], talker.truth.keypoints_2d[:, 1, 0]
    assert (left[:, 0] > right[:, 0]).all()
    names = talker.truth.body_names.tolist()
    np.testing.assert_allclose(talker.truth.body_2d[:, names.index("left_wrist")], left, atol=1e-3)


def test_hands_are_in_the_picture_and_the_face_is_above_them(talker):
    assert talker.truth.visible.mean() > 0.95
    assert (talker.truth.face_centre_px[:, 1] < talker.truth.body_2d[:, 1:3, 1].min(axis=1)).all()


def test_wrists_come_to_rest_at_the_beats(talker):
    """On the frame nearest to a beat a wrist is slower than its own mean, nearly always."""
    truth = talker.truth
    same_shot = np.diff(truth.shot) == 0
    speed = np.linalg.norm(np.diff(truth.wrist, axis=0), axis=-1)
    at_beats = np.round(truth.beats_s * truth.rate_hz).astype(int)
    at_beats = at_beats[same_shot[at_beats]]
    usual = speed[same_shot].mean(axis=0)
    assert (speed[at_beats] < usual).mean() > 0.8


def test_the_pose_never_jumps_within_a_shot(talker):
    same_shot = np.diff(talker.truth.shot) == 0
    steps = np.linalg.norm(np.diff(talker.truth.keypoints_3d, axis=0), axis=-1)[same_shot]
    assert steps.max() < 0.12  # metres in 40 ms: 3 m/s, a brisk finger tip


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_another_file_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"other\.npz is not a talker's truth"):
        load_truth(path)
    with pytest.raises(UserError, match=r"absent\.npz"):
        load_truth(tmp_path / "absent.npz")


def test_an_archive_of_other_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", something=np.zeros(3))
    with pytest.raises(UserError, match="is not a talker's truth"):
        load_truth(tmp_path / "other.npz")
