import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.hands.map_rivals import numpy_maps
from datasets.hand.camera import Camera
from datasets.hand.maps import (
    KINDS,
    NEAREST_M,
    RELATIVE_DEPTH_M,
    hand_meshes,
    iterate_maps,
    mano_maps,
    sides_of,
    silhouette,
)
from datasets.hand.neutral import neutral_hand
from datasets.hand.render import rasterise, vertex_normals

MODEL, BETAS = neutral_hand(), np.zeros(10)
HEIGHT, WIDTH = 128, 256
CAMERA = Camera(300, WIDTH / 2, HEIGHT / 2)
SIZE = {"height_px": HEIGHT, "width_px": WIDTH}


def poses(frames: int = 1, depths: tuple[float, float] = (0.6, 0.6), apart_m: float = 0.06):
    """(axis_angle, translation): fingers outwards, the left hand on the right of the picture, as it is seen."""
    angles = np.zeros((frames, 2, 16, 3))
    angles[:, :, 0] = (np.pi / 2, 0, 0)
    wrists = np.array([[apart_m, 0.0, depths[0]], [-apart_m, 0.0, depths[1]]])
    roots = np.stack([MODEL.joints(BETAS, side)[0] for side in ("left", "right")])
    return angles, np.tile(wrists - roots, (frames, 1, 1))


def maps_of(kind, *, valid=(1, 1), **how):
    angles, moved = poses(**how)
    valid = np.tile(valid, (len(angles), 1))
    return mano_maps(MODEL, angles, moved, valid, BETAS, CAMERA, kind=kind, **SIZE)


def meshes_of(**how):
    angles, moved = poses(**how)
    return hand_meshes(MODEL, angles, moved, np.ones(angles.shape[:2]), BETAS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_side_of_every_pixel_can_be_read_from_its_colour(kind):
    meshes, sides = meshes_of(), sides_of(maps_of(kind))[0]
    for side in (0, 1):
        np.testing.assert_array_equal(sides == side + 1, silhouette(meshes, 0, side, CAMERA, HEIGHT, WIDTH))
    assert np.argwhere(sides == 1)[:, 1].mean() > WIDTH / 2 > np.argwhere(sides == 2)[:, 1].mean()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(turns=arrays(float, (2, 16, 3), elements=st.floats(-3, 3, width=32)))
def test_sides_are_apart_by_a_margin_in_any_pose(kind, turns):
    _, moved = poses()
    picture = mano_maps(MODEL, turns[None], moved, np.ones((1, 2)), BETAS, CAMERA, kind=kind, **SIZE)[0]
    hand = picture.any(axis=-1)
    assert hand.any()
    assert (np.abs(picture[hand][:, 2].astype(float) - 127.5) > 32).all()
    assert (picture[hand][:, :2].max(axis=-1) >= 30).all()  # far from the black of no hand


@pytest.mark.parametrize("nearer", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_the_nearer_hand_is_drawn(kind, nearer):
    depths = (0.5, 0.7) if nearer == 0 else (0.7, 0.5)
    meshes = meshes_of(depths=depths, apart_m=-0.09)
    sides = sides_of(maps_of(kind, depths=depths, apart_m=-0.09))[0]
    both = silhouette(meshes, 0, 0, CAMERA, HEIGHT, WIDTH) & silhouette(meshes, 0, 1, CAMERA, HEIGHT, WIDTH)
    assert both.sum() > 300
    assert (sides[both] == nearer + 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_hand_that_is_not_valid_or_not_finite_is_not_drawn(kind):
    assert not maps_of(kind, valid=(0, 0)).any()
    assert set(np.unique(sides_of(maps_of(kind, valid=(0, 2))))) == {0, 2}
    angles, moved = poses()
    moved[0, 0, 2] = np.nan
    picture = mano_maps(MODEL, angles, moved, np.ones((1, 2)), BETAS, CAMERA, kind=kind, **SIZE)
    assert set(np.unique(sides_of(picture))) == {0, 2}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [(0.0, 0.0, -0.6), (9.0, 0.0, 0.6), (0.0, -9.0, 0.6), (0.0, 0.0, 0.0)])
def test_a_hand_behind_the_camera_or_beside_the_picture_does_no_harm(kind, place):
    angles, _ = poses()
    picture = mano_maps(
        MODEL, angles, np.full((1, 2, 3), place), np.ones((1, 2)), BETAS, CAMERA, kind=kind, **SIZE
    )
    assert picture.shape == (1, HEIGHT, WIDTH, 3)
    assert not picture.any() or place == (0.0, 0.0, 0.0)


def test_normals_can_be_read_back():
    meshes, picture = meshes_of(), maps_of("normal")[0].astype(float)
    for side in (0, 1):
        vertices, faces = meshes.vertices[0, side], meshes.faces[side]
        normals, pixels = vertex_normals(vertices, faces), CAMERA.project(vertices)
        raster = rasterise(vertices, faces, CAMERA, HEIGHT, WIDTH, cull=True)
        x, y = np.floor(pixels).astype(int).T
        seen = np.abs(raster.depth[y, x] - vertices[:, 2]) < 5e-4  # the vertex itself, nothing before it
        seen &= normals[:, 2] < -0.5
        assert seen.sum() > 50
        red, green, blue = picture[y[seen], x[seen]].T
        facing = (blue - 160) / 95 if side == 0 else (95 - blue) / 95
        read = np.stack([red / 127.5 - 1, 1 - green / 127.5, -facing], axis=1)
        assert np.quantile(np.abs(read - normals[seen]).max(axis=1), 0.9) < 0.2
        np.testing.assert_allclose(np.linalg.norm(read, axis=1), 1, atol=0.02)


def test_normals_are_those_of_a_plain_z_buffer():
    angles, moved = poses(frames=3)
    angles += np.random.default_rng(0).normal(0, 0.4, angles.shape)
    meshes = hand_meshes(MODEL, angles, moved, np.ones((3, 2)), BETAS)
    plain = np.stack(numpy_maps(meshes, CAMERA, HEIGHT, WIDTH)).astype(int)
    ours = np.stack(list(iterate_maps(meshes, CAMERA, **SIZE)))
    np.testing.assert_array_equal(
        ours, mano_maps(MODEL, angles, moved, np.ones((3, 2)), BETAS, CAMERA, **SIZE)
    )
    assert (np.abs(ours - plain).max(axis=-1) > 1).mean() < 1e-3


def test_depth_can_be_read_back():
    meshes, picture = meshes_of(depths=(0.5, 0.9)), maps_of("depth", depths=(0.5, 0.9))[0].astype(float)
    for side in (0, 1):
        vertices, faces = meshes.vertices[0, side], meshes.faces[side]
        raster = rasterise(vertices, faces, CAMERA, HEIGHT, WIDTH, cull=True)
        red, green, _ = picture[raster.coverage].T
        depth = raster.depth[raster.coverage]
        wrist_m = meshes.keypoints[0, side, 0, 2]
        relative = RELATIVE_DEPTH_M - (red - 64) / 191 * 2 * RELATIVE_DEPTH_M
        np.testing.assert_allclose(relative, depth - wrist_m, atol=1e-3)
        np.testing.assert_allclose(NEAREST_M / (green / 255), depth, rtol=0.01)


def test_each_part_has_its_own_colour_where_its_joint_is():
    meshes, picture = meshes_of(), maps_of("part")[0].astype(int)
    tips = {4: 15, 8: 3, 12: 6, 16: 12, 20: 9}  # of MediaPipe's points: MANO's last joint of the finger
    for side in (0, 1):
        for point, joint in tips.items():
            x, y = np.floor(CAMERA.project(meshes.keypoints[0, side, point])).astype(int)
            near = picture[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
            own = (63 + 64 * (joint % 4), 63 + 64 * (joint // 4), 255 * (side == 0))
            assert own in set(map(tuple, near.tolist()))
    colours = np.unique(picture.reshape(-1, 3), axis=0)
    assert len(colours) > 20
    apart = np.abs(colours[:, None] - colours).max(axis=-1)
    assert apart[~np.eye(len(colours), dtype=bool)].min() >= 63


def test_the_closed_wrist_leaves_no_hole_when_it_looks_at_the_camera():
    angles = np.zeros((1, 2, 16, 3))
    angles[:, :, 0] = (0, -np.pi / 2, 0)  # fingers away from the camera
    meshes = hand_meshes(MODEL, angles, poses()[1], np.ones((1, 2)), BETAS)
    wrist = np.floor(CAMERA.project(meshes.keypoints[0, :, 0])).astype(int)
    fingers_m = meshes.keypoints[0, :, 12, 2] - meshes.keypoints[0, :, 0, 2]
    for side in np.flatnonzero(np.abs(fingers_m) > 0.1):
        x, y = wrist[side]
        assert silhouette(meshes, 0, side, CAMERA, HEIGHT, WIDTH)[y - 3 : y + 4, x - 3 : x + 4].all()
    assert len(np.flatnonzero(fingers_m > 0.1)) == 1


def test_no_frames_give_no_maps():
    angles, moved = poses(frames=0)
    assert mano_maps(MODEL, angles, moved, np.ones((0, 2)), BETAS, CAMERA, **SIZE).shape == (
        0,
        HEIGHT,
        WIDTH,
        3,
    )
