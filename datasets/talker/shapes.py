"""Grids of vertices for round things: tubes, rings and ellipsoids."""

import numpy as np


def grid_faces(n_rings: int, n_sides: int) -> np.ndarray:
    """(F, 3) triangles of a tube of rings, counter-clockwise from outside for rings as `loft` makes them."""
    ring, side = np.meshgrid(np.arange(n_rings - 1), np.arange(n_sides), indexing="ij")
    a, b = ring * n_sides + side, ring * n_sides + (side + 1) % n_sides
    quads = [[a, b, a + n_sides], [b, b + n_sides, a + n_sides]]
    return np.stack([np.stack(triangle, axis=-1) for triangle in quads], axis=2).reshape(-1, 3)


def loft(
    centres: np.ndarray, broad: np.ndarray, thick: np.ndarray, aside: np.ndarray, n_sides: int
) -> np.ndarray:
    """(n * sides, 3) oval rings across the way through `centres` (n, 3); `broad` (n, 1) along `aside`."""
    tangents = np.gradient(centres, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    first = aside - tangents * (tangents @ aside)[:, None]
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(tangents, first)
    angles = np.arange(n_sides)[:, None] * 2 * np.pi / n_sides
    circle = (
        broad[:, None] * np.cos(angles) * first[:, None] + thick[:, None] * np.sin(angles) * second[:, None]
    )
    return (centres[:, None] + circle).reshape(-1, 3)


def rounded_rings(
    y: np.ndarray, breadth: np.ndarray, depth: np.ndarray, middle: np.ndarray, n_sides: int
) -> np.ndarray:
    """(n * sides, 3) level rings going down, somewhat boxed like a chest; `middle` is their depth."""
    angles = np.arange(n_sides) * 2 * np.pi / n_sides
    sine, cosine = np.sin(angles), np.cos(angles)
    scale = (np.abs(sine) ** 2.5 + np.abs(cosine) ** 2.5) ** (-1 / 2.5)
    x = breadth[:, None] * scale * cosine
    z = middle[:, None] - depth[:, None] * scale * sine
    return np.stack([x, np.broadcast_to(y[:, None], x.shape), z], axis=-1).reshape(-1, 3)


def unit_sphere(n_rings: int, n_sides: int) -> np.ndarray:
    """(rings * sides, 3) unit vectors, rings going down from the top."""
    polar = np.linspace(1e-3, np.pi - 1e-3, n_rings)
    return rounded_sphere(polar, n_sides)


def rounded_sphere(polar: np.ndarray, n_sides: int) -> np.ndarray:
    """(rings * sides, 3) unit vectors at the given angles from the top (-y)."""
    angles = np.arange(n_sides) * 2 * np.pi / n_sides
    x = np.sin(polar)[:, None] * np.cos(angles)
    z = -np.sin(polar)[:, None] * np.sin(angles)
    y = np.broadcast_to(-np.cos(polar)[:, None], x.shape)
    return np.stack([x, y, z], axis=-1).reshape(-1, 3)
