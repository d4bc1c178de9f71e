from dataclasses import replace

import numpy as np

from benchmarks.hands.map_rivals import numpy_maps, painted_maps
from benchmarks.hands.maps import joints_inside, talker_poses
from datasets.hand.maps import iterate_maps, sides_of
from datasets.hand.neutral import neutral_hand

MODEL = neutral_hand()


def test_a_joint_beside_the_silhouette_is_counted():
    poses = talker_poses(0)
    meshes = poses.meshes(MODEL)
    assert (joints_inside(meshes, poses.camera) == 1).all()
    moved = meshes.keypoints.copy()
    moved[:, 0, 3] = (-0.05, -0.3, 1.5)  # above the head
    shares = joints_inside(replace(meshes, keypoints=moved), poses.camera)
    np.testing.assert_allclose(shares[0], (20 / 21, 1))  # later some keypoints are below the picture
    assert (shares[:, 0] < 1).all()


def test_rivals_draw_the_same_hands():
    poses = talker_poses(0)
    poses = replace(poses, axis_angle=poses.axis_angle[:2], translation=poses.translation[:2])
    meshes = poses.meshes(MODEL)
    ours = np.stack(list(iterate_maps(meshes, poses.camera)))
    for rival in (numpy_maps, painted_maps):
        theirs = np.stack(rival(meshes, poses.camera, 704, 512))
        assert (sides_of(ours) != sides_of(theirs)).mean() < 0.005
