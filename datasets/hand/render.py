"""Triangles to pixels on the CPU: a z-buffer with perspective-correct barycentric coordinates, in numba.

Camera frame as in `datasets.hand.camera`: x right, y down, z away. A pixel is sampled at its centre.
"""

from dataclasses import dataclass

import numba
import numpy as np

from datasets.hand.camera import Camera

_NEAR_M = 0.01  # triangles that reach nearer than this are left out


@dataclass(frozen=True, eq=False)
class Raster:
    """What each pixel of an (H, W) picture sees."""

    triangle: np.ndarray  # (H, W) int32 index of the nearest face; -1 where nothing is
    barycentric: np.ndarray  # (H, W, 3) float32, on the surface, not on the screen; 0 where nothing is
    depth: np.ndarray  # (H, W) float32 metres along z; 0 where nothing is

    @property
    def coverage(self) -> np.ndarray:
        """(H, W) bool: something is there."""
        return self.triangle >= 0


@dataclass(frozen=True)
class Light:
    """A key light, where it comes from, and what reaches every side."""

    towards: tuple[float, float, float] = (-0.35, -0.55, -0.75)  # from the surface to the light
    ambient: float = 0.42
    key: float = 0.62
    rim: float = 0.35  # how much darker a surface turns where it is seen edge-on


def rasterise(
    vertices: np.ndarray, faces: np.ndarray, camera: Camera, height: int, width: int, *, cull: bool = False
) -> Raster:
    """The nearest face at every pixel.

    vertices (V, 3) metres in the camera frame; faces (F, 3). With `cull`, faces seen from behind
    (clockwise on the screen's own axes) are left out: twice as fast on closed surfaces.
    """
    vertices = np.ascontiguousarray(vertices, np.float64)
    screen = np.empty_like(vertices)
    with np.errstate(divide="ignore", invalid="ignore"):
        screen[:, :2] = camera.project(vertices)
        screen[:, 2] = 1 / vertices[:, 2]
    triangle = np.full((height, width), -1, np.int32)
    inverse_depth = np.zeros((height, width), np.float32)
    _nearest(screen, faces, triangle, inverse_depth, cull)
    barycentric = np.zeros((height, width, 3), np.float32)
    depth = np.zeros((height, width), np.float32)
    _locate(screen, faces, triangle, barycentric, depth)
    return Raster(triangle, barycentric, depth)


def interpolate(raster: Raster, faces: np.ndarray, attributes: np.ndarray) -> np.ndarray:
    """(H, W, C) float32 picture of per-vertex attributes (V, C); 0 where nothing is."""
    picture = np.zeros((*raster.triangle.shape, attributes.shape[1]), np.float32)
    _spread(raster.triangle, raster.barycentric, faces, np.ascontiguousarray(attributes, np.float32), picture)
    return picture


def closed_faces(faces: np.ndarray) -> np.ndarray:
    """The faces (F, 3) and a fan over every hole, wound as the faces beside it.

    MANO's mesh is open at the wrist (16 edges); closed, it can be culled and its outline has no gap.
    """
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()
    edges = {(a, b) for a, b in directed}
    following = {b: a for a, b in edges if (b, a) not in edges}  # the hole runs against its neighbours
    fans = []
    while following:
        first, corner = following.popitem()
        while (after := following.pop(corner)) != first:
            fans.append((first, corner, after))
            corner = after
    return np.concatenate([faces, np.array(fans, faces.dtype).reshape(-1, 3)])


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) float64 unit normals, outwards where faces are counter-clockwise seen from outside."""
    normals = np.zeros((len(vertices), 3))
    _sum_normals(np.ascontiguousarray(vertices, np.float64), faces, normals)
    return normals


def shaded(
    raster: Raster,
    faces: np.ndarray,
    normals: np.ndarray,
    colours: np.ndarray,
    background: np.ndarray,
    light: Light | None = None,
) -> np.ndarray:
    """(H, W, 3) uint8 picture of the surface before a background of the same shape.

    normals (V, 3) unit, camera frame; colours (V, 3) in 0..255.
    """
    light = light or Light()
    towards = np.array(light.towards) / np.linalg.norm(light.towards)
    picture = background.copy()
    attributes = np.concatenate([normals, colours], axis=1).astype(np.float32)
    strengths = np.array([light.ambient, light.key, light.rim], np.float32)
    _shade(
        raster.triangle, raster.barycentric, faces, attributes, towards.astype(np.float32), strengths, picture
    )
    return picture


@numba.njit(cache=True, fastmath=True)
def _edge(ax, ay, bx, by, x, y):
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


@numba.njit(cache=True, fastmath=True)
def _nearest(screen, faces, triangle, inverse_depth, cull):
    """Barycentric coordinates and 1/z are linear on the screen, so each costs one addition a pixel."""
    height, width = triangle.shape
    for f in range(len(faces)):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        ax, ay, az = screen[i, 0], screen[i, 1], screen[i, 2]
        bx, by, bz = screen[j, 0], screen[j, 1], screen[j, 2]
        cx, cy, cz = screen[k, 0], screen[k, 1], screen[k, 2]
        area = _edge(ax, ay, bx, by, cx, cy)
        if area == 0 or (cull and area > 0) or min(az, bz, cz) <= 0 or max(az, bz, cz) > 1 / _NEAR_M:
            continue
        left = max(int(np.ceil(min(ax, bx, cx) - 0.5)), 0)
        right = min(int(np.floor(max(ax, bx, cx) - 0.5)), width - 1)
        top = max(int(np.ceil(min(ay, by, cy) - 0.5)), 0)
        bottom = min(int(np.floor(max(ay, by, cy) - 0.5)), height - 1)
        u_step, v_step = (by - cy) / area, (cy - ay) / area
        inverse_step = u_step * (az - cz) + v_step * (bz - cz)
        for row in range(top, bottom + 1):
            u = _edge(bx, by, cx, cy, left + 0.5, row + 0.5) / area
            v = _edge(cx, cy, ax, ay, left + 0.5, row + 0.5) / area
            inverse = cz + u * (az - cz) + v * (bz - cz)
            for column in range(left, right + 1):
                if u >= 0 and v >= 0 and u + v <= 1 and inverse > inverse_depth[row, column]:
                    inverse_depth[row, column] = inverse
                    triangle[row, column] = f
                u += u_step
                v += v_step
                inverse += inverse_step


@numba.njit(cache=True, fastmath=True)
def _locate(screen, faces, triangle, barycentric, depth):
    height, width = triangle.shape
    for row in range(height):
        for column in range(width):
            f = triangle[row, column]
            if f < 0:
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            ax, ay, bx, by = screen[i, 0], screen[i, 1], screen[j, 0], screen[j, 1]
            cx, cy, x, y = screen[k, 0], screen[k, 1], column + 0.5, row + 0.5
            u, v, w = _edge(bx, by, cx, cy, x, y), _edge(cx, cy, ax, ay, x, y), _edge(ax, ay, bx, by, x, y)
            scale = 1 / (u * screen[i, 2] + v * screen[j, 2] + w * screen[k, 2])
            barycentric[row, column, 0] = u * screen[i, 2] * scale
            barycentric[row, column, 1] = v * screen[j, 2] * scale
            barycentric[row, column, 2] = w * screen[k, 2] * scale
            depth[row, column] = (u + v + w) * scale


@numba.njit(cache=True, fastmath=True)
def _spread(triangle, barycentric, faces, attributes, picture):
    height, width, channels = picture.shape
    for row in range(height):
        for column in range(width):
            f = triangle[row, column]
            if f >= 0:
                for corner in range(3):
                    share, vertex = barycentric[row, column, corner], faces[f, corner]
                    for channel in range(channels):
                        picture[row, column, channel] += share * attributes[vertex, channel]


@numba.njit(cache=True, fastmath=True)
def _sum_normals(vertices, faces, normals):
    for f in range(len(faces)):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        ax, ay, az = vertices[j, 0] - x, vertices[j, 1] - y, vertices[j, 2] - z
        bx, by, bz = vertices[k, 0] - x, vertices[k, 1] - y, vertices[k, 2] - z
        nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for vertex in (i, j, k):
            normals[vertex, 0] += nx
            normals[vertex, 1] += ny
            normals[vertex, 2] += nz
    for vertex in range(len(normals)):
        nx, ny, nz = normals[vertex, 0], normals[vertex, 1], normals[vertex, 2]
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        for axis in range(3):
            normals[vertex, axis] /= max(length, 1e-30)


@numba.njit(cache=True, fastmath=True)
def _shade(triangle, barycentric, faces, attributes, towards, strengths, picture):
    height, width = triangle.shape
    one, wrap, tiny = np.float32(1), np.float32(1.33), np.float32(1e-9)
    for row in range(height):
        for column in range(width):
            f = triangle[row, column]
            if f < 0:
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            u, v, w = barycentric[row, column, 0], barycentric[row, column, 1], barycentric[row, column, 2]
            nx = u * attributes[i, 0] + v * attributes[j, 0] + w * attributes[k, 0]
            ny = u * attributes[i, 1] + v * attributes[j, 1] + w * attributes[k, 1]
            nz = u * attributes[i, 2] + v * attributes[j, 2] + w * attributes[k, 2]
            scale = one / np.sqrt(nx * nx + ny * ny + nz * nz + tiny)
            # Wrapped by a third, so that the side away from the light keeps its shape.
            facing = (nx * towards[0] + ny * towards[1] + nz * towards[2]) * scale
            lit = max((facing + wrap - one) / wrap, np.float32(0))
            edge_on = one - min(abs(nz) * scale, one)
            strength = (strengths[0] + strengths[1] * lit) * (one - strengths[2] * edge_on * edge_on)
            for channel in range(3, 6):
                colour = u * attributes[i, channel] + v * attributes[j, channel] + w * attributes[k, channel]
                picture[row, column, channel - 3] = min(colour * strength, np.float32(255))
