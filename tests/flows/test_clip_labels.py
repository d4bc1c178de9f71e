from dataclasses import replace

import numpy as np
import pytest

from datasets.hand.camera import Camera
from datasets.hand.neutral import neutral_hand
from flows.clip_labels import ClipLabels, posed_keypoints, posed_meshes, rows_of
from tests.flows.report.conftest import known_labels


def test_meshes_show_the_hands_of_the_mask_and_project_to_the_posed_keypoints():
    labels = known_labels()
    meshes = posed_meshes(labels, [0, 30], neutral_hand())
    assert meshes.shown.tolist() == [[True, False], [True, False]]
    projected = labels.camera.project(meshes.keypoints) / (512, 704)
    np.testing.assert_allclose(projected, posed_keypoints(labels, [0, 30], neutral_hand()), atol=1e-9)
    masked = replace(labels, hands_valid=np.zeros_like(labels.hands_valid))
    assert not posed_meshes(masked, [0, 30], neutral_hand()).shown.any()


@pytest.mark.parametrize("missing", ["hands_axis_angle", "hands_mano", "hands_betas"])
def test_a_part_that_is_null_leaves_no_hands(missing):
    labels = replace(known_labels(), **{missing: None})
    assert posed_meshes(labels, [0], neutral_hand()) is None
    assert posed_keypoints(labels, [0], neutral_hand()) is None
    assert posed_meshes(known_labels(), [0], None) is None


def test_the_camera_is_the_stored_one_at_the_clips_centre():
    assert known_labels().camera == Camera(900.0, 256.0, 352.0)
    assert ClipLabels().camera is None


def test_rows_are_picked_in_the_order_asked_for():
    column = np.arange(12, dtype=np.float16).reshape(3, 4)
    np.testing.assert_array_equal(rows_of(column, [2, 0], (2, 2)), [[[8, 9], [10, 11]], [[0, 1], [2, 3]]])
    assert rows_of(None, [0], (2, 2)) is None
    assert rows_of(column[:0], [], (2, 2)) is None
