"""MANO maps: pictures of both posed hands, drawn from their parameters for a network or a person to read.

Every kind keeps three promises, pixel by pixel: black is no hand; blue >= 128 is a left hand and blue < 128
a right one, with a margin of 32 levels on each side; of two hands at one pixel the nearer is drawn. `sides_of`
reads sides back. What red, green and blue hold in each kind is written at `MapKind`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numba
import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.camera import Camera
from datasets.hand.model import SIDES, HandModel
from datasets.hand.render import Raster, closed_faces, rasterise, vertex_normals
from datasets.hand.rotations import axis_angle_to_matrix

# "normal": red and green are the unit normal's x to the right and y upwards, -1..1 as 0..255; blue is how far
#     the surface faces the camera, 0..1, as 160..255 on the left hand and as 95..0 on the right.
# "depth": red is the depth relative to the hand's own wrist, 15 cm nearer to 15 cm farther as 255..64 (1.6 mm a
#     level); green is the nearness 0.25 m / z as 0..255; blue is 255 on the left hand, 0 on the right.
# "part": red and green number the joint that the skin follows most, 63 + 64 (joint % 4) and 63 + 64 (joint // 4);
#     blue is 255 on the left hand, 0 on the right.
MapKind = Literal["normal", "depth", "part"]
KINDS: tuple[MapKind, ...] = ("normal", "depth", "part")

# A flat hand of 19 cm seen edge-on reaches 17 cm from its wrist; what is beyond is clipped.
RELATIVE_DEPTH_M = 0.15
NEAREST_M = 0.25  # a hand at arm's length from a phone is farther
_PALEST, _FARTHEST = 255.0, 64.0
_SIDE_MARGIN = 32


@dataclass(frozen=True, eq=False)
class HandMeshes:
    """Both hands of T frames as surfaces, metres in the camera frame; NaN where a hand is not shown."""

    vertices: np.ndarray  # (T, 2, 778, 3) float64, left then right
    keypoints: np.ndarray  # (T, 2, 21, 3) MediaPipe order
    faces: tuple[np.ndarray, np.ndarray]  # per side (n, 3), the wrist closed, counter-clockwise from outside
    parts: np.ndarray  # (778,) uint8 joint that each vertex follows most

    @property
    def shown(self) -> np.ndarray:
        """(T, 2) bool."""
        return np.isfinite(self.keypoints[:, :, 0, 0])


def hand_meshes(
    model: HandModel,
    axis_angle: np.ndarray,
    translation: np.ndarray,
    valid: np.ndarray,
    betas: np.ndarray,
) -> HandMeshes:
    """The surfaces of stored parameters.

    axis_angle (T, 2, 16, 3) absolute, radians; translation (T, 2, 3) metres; valid (T, 2), 0 is no hand;
    betas (10,). Hands are left, then right, each in its own side's convention. A hand whose parameters are
    not finite is not shown.
    """
    shown = (np.asarray(valid) > 0) & np.isfinite(axis_angle).all(axis=(2, 3))
    shown &= np.isfinite(translation).all(axis=2)
    frames = len(shown)
    vertices = np.full((frames, 2, len(model.template), 3), np.nan)
    keypoints = np.full((frames, 2, 21, 3), np.nan)
    for column, side in enumerate(SIDES):
        rows = shown[:, column]
        rotations = axis_angle_to_matrix(np.asarray(axis_angle[rows, column], float))
        moved = np.asarray(translation[rows, column], float)
        posed = model.forward(rotations, moved, betas, side, vertices=True)
        vertices[rows, column], keypoints[rows, column] = posed.vertices, posed.keypoints
    closed = closed_faces(model.faces)
    parts = np.argmax(model.weights, axis=1).astype(np.uint8)
    return HandMeshes(vertices, keypoints, (np.ascontiguousarray(closed[:, ::-1]), closed), parts)


def mano_maps(
    model: HandModel,
    axis_angle: np.ndarray,
    translation: np.ndarray,
    valid: np.ndarray,
    betas: np.ndarray,
    camera: Camera,
    *,
    kind: MapKind = "normal",
    height_px: int = CLIP_HEIGHT_PX,
    width_px: int = CLIP_WIDTH_PX,
) -> np.ndarray:
    """(T, H, W, 3) uint8 maps of both hands; arguments as in `hand_meshes`. 300 frames take 325 MB."""
    meshes = hand_meshes(model, axis_angle, translation, valid, betas)
    pictures = np.zeros((len(meshes.vertices), height_px, width_px, 3), np.uint8)
    for frame, picture in enumerate(pictures):
        _draw(meshes, frame, camera, kind, picture)
    return pictures


def iterate_maps(
    meshes: HandMeshes,
    camera: Camera,
    *,
    kind: MapKind = "normal",
    height_px: int = CLIP_HEIGHT_PX,
    width_px: int = CLIP_WIDTH_PX,
) -> Iterator[np.ndarray]:
    """The (H, W, 3) uint8 maps of `mano_maps` one by one, each an array of its own."""
    for frame in range(len(meshes.vertices)):
        picture = np.zeros((height_px, width_px, 3), np.uint8)
        _draw(meshes, frame, camera, kind, picture)
        yield picture


def sides_of(maps: np.ndarray) -> np.ndarray:
    """(...) uint8 of (..., 3) maps of any kind: 0 no hand, 1 left, 2 right."""
    hand = (maps > 0).any(axis=-1)
    return np.where(hand, np.where(maps[..., 2] >= 128, 1, 2), 0).astype(np.uint8)


def silhouette(
    meshes: HandMeshes, frame: int, side: int, camera: Camera, height: int, width: int
) -> np.ndarray:
    """(H, W) bool pixels whose centre lies on one hand (0 left, 1 right), whatever is before it."""
    covered = np.zeros((height, width), bool)
    if found := _surface(meshes, frame, side, camera, height, width):
        covered[found.rows, found.columns] = found.raster.coverage
    return covered


@dataclass(frozen=True, eq=False)
class _Surface:
    """One hand rasterised in the box of the picture that it covers."""

    raster: Raster
    rows: slice
    columns: slice


def _surface(
    meshes: HandMeshes, frame: int, side: int, camera: Camera, height: int, width: int
) -> _Surface | None:
    """None where the hand is not shown or lies beside the picture."""
    vertices = meshes.vertices[frame, side]
    pixels = camera.project(vertices)
    pixels = pixels[np.isfinite(pixels[:, 0])]
    if not len(pixels):
        return None
    left, top = np.clip(np.floor(pixels.min(axis=0)), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(pixels.max(axis=0)), 0, (width, height)).astype(int)
    if left >= right or top >= bottom:
        return None
    shifted = Camera(camera.focal_px, camera.centre_x_px - left, camera.centre_y_px - top)
    raster = rasterise(vertices, meshes.faces[side], shifted, bottom - top, right - left, cull=True)
    return _Surface(raster, slice(top, bottom), slice(left, right))


def _draw(meshes: HandMeshes, frame: int, camera: Camera, kind: MapKind, picture: np.ndarray) -> None:
    """Fill one black picture."""
    height, width = picture.shape[:2]
    found = [_surface(meshes, frame, side, camera, height, width) for side in (0, 1)]
    nearest = np.zeros((height, width), np.float32)  # 1 / z of what is drawn
    for side, surface in enumerate(found):
        if surface is None:
            continue
        box = surface.rows, surface.columns
        raster, faces, left = surface.raster, meshes.faces[side], side == 0
        target, depth = picture[box], nearest[box]
        if kind == "normal":
            normals = vertex_normals(meshes.vertices[frame, side], faces).astype(np.float32)
            _paint_normals(
                raster.triangle, raster.barycentric, raster.depth, faces, normals, left, depth, target
            )
        elif kind == "depth":
            wrist_m = np.float32(meshes.keypoints[frame, side, 0, 2])
            _paint_depth(raster.triangle, raster.depth, wrist_m, left, depth, target)
        else:
            _paint_parts(
                raster.triangle, raster.barycentric, raster.depth, faces, meshes.parts, left, depth, target
            )


@numba.njit(cache=True)
def _takes(triangle, depth, nearest, row, column):
    """Whether this hand is there and nearer than what was drawn; if so its nearness is noted."""
    if triangle[row, column] < 0 or depth[row, column] * nearest[row, column] >= 1:
        return False
    nearest[row, column] = 1 / depth[row, column]
    return True


@numba.njit(cache=True)
def _paint_normals(triangle, barycentric, depth, faces, normals, left, nearest, picture):
    height, width = triangle.shape
    for row in range(height):
        for column in range(width):
            if not _takes(triangle, depth, nearest, row, column):
                continue
            x, y, z = np.float32(0), np.float32(0), np.float32(0)
            for corner in range(3):
                share = barycentric[row, column, corner]
                vertex = faces[triangle[row, column], corner]
                x += share * normals[vertex, 0]
                y += share * normals[vertex, 1]
                z += share * normals[vertex, 2]
            z = min(z, np.float32(0))  # at the outline an interpolated normal may look away
            scale = 1 / max(np.sqrt(x * x + y * y + z * z), np.float32(1e-9))
            facing = -z * scale
            picture[row, column, 0] = np.uint8(127.5 * (1 + x * scale) + 0.5)
            picture[row, column, 1] = np.uint8(127.5 * (1 - y * scale) + 0.5)
            picture[row, column, 2] = np.uint8((160 + 95 * facing if left else 95 - 95 * facing) + 0.5)


@numba.njit(cache=True)
def _paint_depth(triangle, depth, wrist_m, left, nearest, picture):
    height, width = triangle.shape
    for row in range(height):
        for column in range(width):
            if not _takes(triangle, depth, nearest, row, column):
                continue
            z = depth[row, column]
            share = (wrist_m - z + RELATIVE_DEPTH_M) / (2 * RELATIVE_DEPTH_M)
            level = _FARTHEST + (_PALEST - _FARTHEST) * min(max(share, 0.0), 1.0)
            picture[row, column, 0] = np.uint8(level + 0.5)
            picture[row, column, 1] = np.uint8(255 * min(NEAREST_M / z, 1.0) + 0.5)
            picture[row, column, 2] = 255 if left else 0


@numba.njit(cache=True)
def _paint_parts(triangle, barycentric, depth, faces, parts, left, nearest, picture):
    height, width = triangle.shape
    for row in range(height):
        for column in range(width):
            if not _takes(triangle, depth, nearest, row, column):
                continue
            corner = np.argmax(barycentric[row, column])
            part = parts[faces[triangle[row, column], corner]]
            picture[row, column, 0] = 63 + 64 * (part % 4)
            picture[row, column, 1] = 63 + 64 * (part // 4)
            picture[row, column, 2] = 255 if left else 0
