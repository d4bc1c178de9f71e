import numpy as np
import pytest

from datasets.hand.model import N_FACES, N_VERTICES, TIP_VERTICES
from datasets.hand.neutral import neutral_hand
from datasets.hand.neutral_mesh import build_mesh


def test_the_same_hand_comes_at_every_call_and_cannot_be_changed():
    assert neutral_hand() is neutral_hand()
    assert np.array_equal(build_mesh().vertices, neutral_hand().template)
    with pytest.raises(ValueError, match="read-only"):
        neutral_hand().template[0] = 0


def test_the_surface_is_closed_but_for_the_wrists_sixteen_edges():
    faces = neutral_hand().faces
    assert faces.shape == (N_FACES, 3)
    assert np.array_equal(np.unique(faces), np.arange(N_VERTICES))
    directed = {tuple(edge) for edge in faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)}
    assert len(directed) == 3 * N_FACES  # no edge is used twice the same way
    assert sum((b, a) not in directed for a, b in directed) == 16


def test_faces_look_outwards():
    hand = neutral_hand()
    corners = hand.template[hand.faces]
    volume = np.sum(corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])) / 6
    assert 150e-6 < volume < 450e-6  # cubic metres; an adult's hand has about 350 cm3


def test_weights_and_regressor_are_affine():
    hand = neutral_hand()
    assert hand.weights.min() >= 0
    np.testing.assert_allclose(hand.weights.sum(axis=1), 1)
    np.testing.assert_allclose(hand.joint_regressor.sum(axis=1), 1)


def test_each_finger_tip_moves_with_its_last_bone_alone():
    owners = neutral_hand().weights[list(TIP_VERTICES)].argmax(axis=1)
    assert owners.tolist() == [15, 3, 6, 12, 9]  # thumb, index, middle, ring, pinky
    assert neutral_hand().weights[list(TIP_VERTICES)].max(axis=1).min() > 0.98


def test_a_longer_finger_has_longer_bones_and_nothing_else():
    hand, longer = neutral_hand(), np.eye(10)[4]  # beta 4 is the index finger's length
    change = np.linalg.norm(hand.joints(longer) - hand.joints(np.zeros(10)), axis=1)
    assert change[2] == pytest.approx(0.05 * 0.0398, rel=0.1)  # its second joint: 5 % of the first bone
    assert change[[0, 4, 7, 10, 13]].max() < 0.0005
