"""Two plain ways to draw the same normal maps: a z-buffer in numpy, and OpenCV's painter's algorithm."""

import cv2
import numpy as np

from datasets.hand.camera import Camera
from datasets.hand.maps import HandMeshes
from datasets.hand.render import vertex_normals

_SUBPIXEL_BITS = 4
_TINY_AREA_PX = 1e-9


def numpy_maps(meshes: HandMeshes, camera: Camera, height: int, width: int) -> list[np.ndarray]:
    """Every pixel of every triangle's box at once, the nearest written last; smooth normals."""
    return [_zbuffered(meshes, frame, camera, height, width) for frame in range(len(meshes.vertices))]


def painted_maps(meshes: HandMeshes, camera: Camera, height: int, width: int) -> list[np.ndarray]:
    """Triangles filled from far to near in one colour each, as OpenCV can."""
    return [_painted(meshes, frame, camera, height, width) for frame in range(len(meshes.vertices))]


def _both(meshes: HandMeshes, frame: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, faces, unit normals and whether each vertex is a left hand's, of the hands shown."""
    vertices, faces, normals, left, start = [], [], [], [], 0
    for side in np.flatnonzero(meshes.shown[frame]):
        points, own = meshes.vertices[frame, side], meshes.faces[side]
        vertices.append(points)
        faces.append(own + start)
        normals.append(vertex_normals(points, own))
        left.append(np.full(len(points), side == 0))
        start += len(points)
    return np.concatenate(vertices), np.concatenate(faces), np.concatenate(normals), np.concatenate(left)


def _coloured(normals: np.ndarray, left: np.ndarray) -> np.ndarray:
    """(n, 3) uint8 colours as `datasets.hand.maps` defines them, of (n, 3) unit normals."""
    facing = np.clip(-normals[:, 2], 0, 1)
    blue = np.where(left, 160 + 95 * facing, 95 - 95 * facing)
    return np.stack([127.5 + 127.5 * normals[:, 0], 127.5 - 127.5 * normals[:, 1], blue], axis=1) + 0.5


def _zbuffered(meshes: HandMeshes, frame: int, camera: Camera, height: int, width: int) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    if not meshes.shown[frame].any():
        return picture
    vertices, faces, normals, left = _both(meshes, frame)
    corners, inverse = camera.project(vertices)[faces], 1 / vertices[:, 2]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    area = _cross(b - a, c - a)
    low = np.clip(np.floor(corners.min(axis=1)).astype(int), 0, (width, height))
    high = np.clip(np.ceil(corners.max(axis=1)).astype(int), 0, (width, height))
    spans = np.maximum(high - low, 0)
    counts = np.where(area < -_TINY_AREA_PX, spans.prod(axis=1), 0)
    face = np.repeat(np.arange(len(faces)), counts)
    nth = np.arange(len(face)) - np.repeat(np.cumsum(counts) - counts, counts)
    x, y = low[face, 0] + nth % spans[face, 0], low[face, 1] + nth // spans[face, 0]
    at = np.stack([x, y], axis=1) + 0.5
    u = _cross(c[face] - b[face], at - b[face]) / area[face]
    v = _cross(a[face] - c[face], at - c[face]) / area[face]
    inside = (u >= 0) & (v >= 0) & (u + v <= 1)
    face, pixel = face[inside], (y * width + x)[inside]
    shares = np.stack([u, v, 1 - u - v], axis=1)[inside] * inverse[faces[face]]
    nearest = np.full(height * width, -1)
    order = np.argsort(shares.sum(axis=1))
    nearest[pixel[order]] = order
    seen = nearest[nearest >= 0]
    mixed = (shares[seen][..., None] * normals[faces[face[seen]]]).sum(axis=1)
    mixed[:, 2] = np.minimum(mixed[:, 2], 0)
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    picture.reshape(-1, 3)[nearest >= 0] = _coloured(mixed, left[faces[face[seen], 0]])
    return picture


def _painted(meshes: HandMeshes, frame: int, camera: Camera, height: int, width: int) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    if not meshes.shown[frame].any():
        return picture
    vertices, faces, normals, left = _both(meshes, frame)
    corners = camera.project(vertices)[faces]
    towards = normals[faces].mean(axis=1)
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    colours = _coloured(towards, left[faces[:, 0]]).astype(int).tolist()
    fixed = np.round((corners - 0.5) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    seen = _cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) < 0
    for i in np.argsort(-vertices[faces, 2].mean(axis=1)):
        if seen[i]:
            cv2.fillConvexPoly(picture, fixed[i], colours[i], cv2.LINE_8, _SUBPIXEL_BITS)
    return picture


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
