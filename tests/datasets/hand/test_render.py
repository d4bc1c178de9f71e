import numpy as np
import pytest

from datasets.hand.camera import Camera
from datasets.hand.neutral import neutral_hand
from datasets.hand.render import Light, closed_faces, interpolate, rasterise, shaded, vertex_normals

CAMERA = Camera(focal_px=10, centre_x_px=8, centre_y_px=8)
# Two triangles that fill the 16 x 16 picture: a wall which is 1 m away on the left and 4 m on the right.
WALL = np.array([[-0.8, -0.8, 1.0], [3.2, -3.2, 4.0], [3.2, 3.2, 4.0], [-0.8, 0.8, 1.0]])
WALL_FACES = np.array([[0, 2, 1], [0, 3, 2]])


def test_a_wall_that_fills_the_picture_covers_every_pixel():
    raster = rasterise(WALL, WALL_FACES, CAMERA, 16, 16)
    assert raster.coverage.all()
    assert set(np.unique(raster.triangle)) == {0, 1}


def test_depth_and_attributes_are_perspective_correct():
    raster = rasterise(WALL, WALL_FACES, CAMERA, 16, 16)
    points = interpolate(raster, WALL_FACES, WALL)  # each pixel's own place on the wall
    np.testing.assert_allclose(points[..., 2], raster.depth, rtol=1e-5)
    rows, columns = np.mgrid[:16, :16] + 0.5
    np.testing.assert_allclose(CAMERA.project(points), np.stack([columns, rows], -1), atol=1e-4)
    inverse = np.diff(1 / raster.depth, axis=1)
    np.testing.assert_allclose(inverse, inverse[0, 0], rtol=1e-3)  # 1/z is linear on the screen; z is not


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_the_nearest_triangle_wins_in_any_order(order):
    near, far = WALL * 0.5, WALL
    vertices = np.concatenate([near, far])
    faces = np.stack([[0, 2, 1], [4, 6, 5]])[order]
    raster = rasterise(vertices, faces, CAMERA, 16, 16)
    assert set(faces[raster.triangle[raster.coverage]][:, 0]) == {0}


def test_culling_leaves_out_faces_seen_from_behind_only():
    assert rasterise(WALL, WALL_FACES, CAMERA, 16, 16, cull=True).coverage.all()
    assert not rasterise(WALL, WALL_FACES[:, ::-1], CAMERA, 16, 16, cull=True).coverage.any()


def test_what_is_behind_the_camera_or_beside_the_picture_is_not_drawn():
    for vertices in (WALL * [1, 1, -1], np.add(WALL, [100, 0, 0])):
        assert not rasterise(vertices, WALL_FACES, CAMERA, 16, 16).coverage.any()


def test_a_hand_has_the_same_outline_with_and_without_culling():
    hand = neutral_hand()
    vertices = hand.template @ np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]) + [0, 0, 1]  # palm-on
    camera = Camera(400, 64, 64)
    whole = rasterise(vertices, hand.faces, camera, 128, 128)
    assert 0.02 < whole.coverage.mean() < 0.5
    culled = rasterise(vertices, hand.faces, camera, 128, 128, cull=True)
    assert (whole.coverage & ~culled.coverage).mean() < 0.002  # but for the open wrist


def test_normals_of_a_wall_look_at_the_camera():
    normals = vertex_normals(WALL, WALL_FACES)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert (np.sum(normals * WALL, axis=1) < 0).all()


def test_a_surface_turned_to_the_light_is_brighter_and_the_background_stays():
    background = np.full((16, 16, 3), 9, np.uint8)
    corner = WALL[:3], np.array([[0, 2, 1]])
    raster = rasterise(*corner, CAMERA, 16, 16)
    normals, colours = vertex_normals(*corner), np.full((3, 3), 200.0)
    lit = shaded(raster, corner[1], normals, colours, background, Light(towards=(-0.5, 0, -1)))
    dark = shaded(raster, corner[1], normals, colours, background, Light(towards=(0.5, 0, 1)))
    assert (lit[raster.coverage] > dark[raster.coverage]).all()
    assert (lit[~raster.coverage] == 9).all()
    assert (background == 9).all()


def test_closing_a_hand_leaves_every_edge_with_two_faces_that_run_against_each_other():
    closed = closed_faces(neutral_hand().faces)
    assert len(closed) == 2 * 778 - 4  # a sphere's count
    edges = np.concatenate([closed[:, [0, 1]], closed[:, [1, 2]], closed[:, [2, 0]]])
    assert len(np.unique(edges, axis=0)) == len(edges)
    assert set(map(tuple, edges)) == set(map(tuple, edges[:, ::-1]))


def test_a_closed_surface_stays_as_it_is():
    pyramid = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]])
    np.testing.assert_array_equal(closed_faces(pyramid), pyramid)
