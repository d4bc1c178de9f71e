"""The neutral hand's surface: one palm tube that branches into five fingers, like a glove of one piece."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from datasets.hand.model import N_VERTICES, TIP_VERTICES

WRIST = np.array([0.095, 0.0, 0.0])

_COLUMNS = 12  # edges across the palm, three a finger
_RING = 2 * (_COLUMNS + 1) + 4  # back, two on the little finger's side, front, two on the index finger's side
_STATIONS = 8  # rings of 30 along the palm
_FIRST_RINGS = (16, 23)  # MANO's wrist has 16 edges; the 23 make the vertices come out at 778
_THUMB_STATION = 1  # the thumb's hole spans three stations from here
_SIDES = 12  # vertices around a finger
_WEB_M = 0.014  # the fingers part this far beyond their first joint


@dataclass(frozen=True, eq=False)
class Finger:
    """One finger of the flat right hand; metres."""

    first_joint: int  # MANO's number of its first joint
    tip_vertex: int
    base: np.ndarray  # its first joint
    direction: np.ndarray
    lengths_m: np.ndarray  # three bones, the last one with the pulp
    radius_m: float
    starts_at_m: float  # its first own ring, from its first joint
    rings: int


def _finger(
    joint: int,
    tip: int,
    base: tuple[float, float, float],
    direction: tuple[float, float, float],
    lengths_mm: tuple[float, float, float],
    radius_mm: float,
    starts_at_mm: float,
    rings: int,
) -> Finger:
    unit = np.array(direction) / np.linalg.norm(direction)
    lengths_m = np.array(lengths_mm) / 1000
    return Finger(joint, tip, np.array(base), unit, lengths_m, radius_mm / 1000, starts_at_mm / 1000, rings)


# Bone lengths and pulp: Buryanov and Kotiuk, "Proportions of Hand Segments", Int. J. Morphol. 28(3), 2010,
# means of adults. Places, directions and radii are ours. Order: thumb, index, middle, ring, pinky.
_THUMB, _INDEX, _MIDDLE, _RING_FINGER, _PINKY = TIP_VERTICES
FINGERS = (
    _finger(13, _THUMB, (0.072, -0.008, 0.022), (-0.70, -0.26, 0.66), (46.2, 31.6, 25.3), 10.2, 31, 8),
    _finger(1, _INDEX, (0.006, 0.001, 0.027), (-1, 0, 0.07), (39.8, 22.4, 19.7), 8.4, 21, 8),
    _finger(4, _MIDDLE, (0.002, 0.004, 0.005), (-1, 0, 0.01), (44.6, 26.3, 21.4), 8.7, 21, 9),
    _finger(10, _RING_FINGER, (0.008, 0.002, -0.016), (-1, 0, -0.07), (41.4, 25.7, 21.3), 8.2, 21, 8),
    _finger(7, _PINKY, (0.019, -0.003, -0.035), (-1, 0, -0.15), (32.7, 18.1, 19.7), 7.2, 19, 8),
)
_LONG = FINGERS[1:]


@dataclass(frozen=True, eq=False)
class Mesh:
    """A hand closed but for the wrist."""

    vertices: np.ndarray  # (778, 3) metres
    faces: np.ndarray  # (1538, 3), counter-clockwise seen from outside
    finger_share: np.ndarray  # (778, 5) how far a vertex belongs to each of FINGERS; rows sum to at most 1


class _Surface:
    """Vertices and faces while the hand is put together."""

    def __init__(self) -> None:
        self.vertices: list[np.ndarray] = []
        self.faces: list[tuple[int, int, int]] = []

    def add(self, points: np.ndarray) -> list[int]:
        start = len(self.vertices)
        self.vertices.extend(points)
        return list(range(start, len(self.vertices)))

    def quad(self, near: tuple[int, int], far: tuple[int, int]) -> None:
        self.faces += [(near[0], near[1], far[0]), (near[1], far[1], far[0])]

    def stitch(self, near: list[int], far: list[int]) -> None:
        """Close the band between two loops that run the same way and start side by side."""
        i = j = 0
        while i < len(near) or j < len(far):
            a, b = near[i % len(near)], far[j % len(far)]
            if i * len(far) <= j * len(near) and i < len(near):
                i += 1
                self.faces.append((a, near[i % len(near)], b))
            else:
                j += 1
                self.faces.append((a, far[j % len(far)], b))

    def cap(self, loop: list[int], tip: int) -> None:
        self.faces.extend((a, b, tip) for a, b in zip(loop, loop[1:] + loop[:1], strict=True))


def build_mesh() -> Mesh:
    """The flat right hand; the same every time."""
    surface = _Surface()
    rings = _palm(surface)
    loops = [_thumb_loop(rings), *_long_finger_loops(surface, rings[-1])]
    n_palm = len(surface.vertices)
    owner = np.full(n_palm, -1)
    for column, (finger, loop) in enumerate(zip(FINGERS, loops, strict=True)):
        _add_finger(surface, finger, loop)
        owner = np.append(owner, np.full(len(surface.vertices) - len(owner), column))
    faces = np.array(surface.faces)
    vertices = _relaxed(np.array(surface.vertices), faces, owner < 0, pinned=_FIRST_RINGS[0])
    return _ordered(vertices, faces, owner)


def _palm(surface: _Surface) -> list[list[int]]:
    """Rings from wrist to finger roots, with a hole of three by three quads where the thumb leaves."""
    sizes = [*_FIRST_RINGS, *[_RING] * _STATIONS]
    rings = [
        surface.add(_section(size, place))
        for size, place in zip(sizes, np.linspace(0, 1, len(sizes)), strict=True)
    ]
    for near, far in pairwise(rings[:3]):
        surface.stitch(near, far)
    stations = rings[2:]
    for station, (near, far) in enumerate(pairwise(stations)):
        thumb_here = _THUMB_STATION <= station < _THUMB_STATION + 3
        for i in range(_RING - 3 if thumb_here else _RING):
            k = (i + 1) % _RING
            surface.quad((near[i], near[k]), (far[i], far[k]))
    return stations


def _section(n_points: int, place: float) -> np.ndarray:
    """(n, 3) ring across the palm, `place` from 0 at the wrist to 1 at the roots of the fingers."""
    across, up = _outline(n_points, roundness=2.2 + 4 * place)
    thumb_ball = 0.007 * _bump(across, 0.5, 0.35) * _bump(place, 0.4, 0.25)
    heel = 0.004 * _bump(across, -0.7, 0.3) * _bump(place, 0.3, 0.3)
    half_width = np.interp(place, [0, 0.15, 0.4, 0.65, 1], [0.027, 0.028, 0.036, 0.0405, 0.040])
    half_height = np.interp(place, [0, 0.3, 0.7, 1], [0.019, 0.0155, 0.0125, 0.009])
    z = -0.0038 * place + half_width * across
    root = np.array([finger.base + _WEB_M * finger.direction for finger in _LONG])[::-1]  # z ascending
    # The front of the fingers leaves the palm later than the back.
    root_x = np.interp(z, root[:, 2], root[:, 0]) + 0.004 * np.clip(up, -1, 0)
    root_y = np.interp(z, root[:, 2], root[:, 1])
    x = (1 - place) * (WRIST[0] + 0.012) + place * root_x
    y = place**2 * root_y + half_height * up - (thumb_ball + heel) * np.clip(-up, 0, 1)
    return np.stack([x, y, z], axis=1)


def _outline(n_points: int, roundness: float) -> tuple[np.ndarray, np.ndarray]:
    """Across and up, in -1..1, of points around a rounded box, from the index finger's back corner."""
    columns = np.linspace(1, -1, _COLUMNS + 1)
    side = np.array([1 / 3, -1 / 3])
    across = np.concatenate([columns, [-1, -1], columns[::-1], [1, 1]])
    up = np.concatenate([np.ones(_COLUMNS + 1), side, -np.ones(_COLUMNS + 1), -side])
    at = np.arange(n_points) * _RING / n_points
    across, up = (np.interp(at, np.arange(_RING + 1), np.append(c, c[0])) for c in (across, up))
    scale = (np.abs(across) ** roundness + np.abs(up) ** roundness) ** (-1 / roundness)
    return across * scale, up * scale


def _bump(x: np.ndarray | float, centre: float, width: float) -> np.ndarray:
    return np.exp(-(((np.asarray(x) - centre) / width) ** 2))


def _thumb_loop(stations: list[list[int]]) -> list[int]:
    """The hole's edge: across the side, along the back, across again, along the front."""
    low, *inner, high = stations[_THUMB_STATION : _THUMB_STATION + 4]
    front, lower, upper = _RING - 3, _RING - 2, _RING - 1
    return [
        *(low[front], low[lower], low[upper], low[0]),
        *(ring[0] for ring in inner),
        *(high[0], high[upper], high[lower], high[front]),
        *(ring[front] for ring in inner[::-1]),
    ]


def _long_finger_loops(surface: _Surface, end: list[int]) -> list[list[int]]:
    """The palm's end cut into four loops of 12, index to pinky; neighbours share the web between them."""
    points = np.array(surface.vertices)
    webs = [[end[-1], end[-2]]]  # each downwards, from the index finger's side
    for column in (3, 6, 9):
        back, front = points[end[column]], points[end[27 - column]]
        webs.append(surface.add(np.array([back + (front - back) * share for share in (1 / 3, 2 / 3)])))
    webs.append(end[_COLUMNS + 1 : _COLUMNS + 3])
    loops = []
    for finger in range(4):
        left, right = 3 * finger, 3 * finger + 3
        back, front = end[left : right + 1], end[27 - right : 28 - left]
        loops.append([*back, *webs[finger + 1], *front, *webs[finger][::-1]])
    return loops


def _add_finger(surface: _Surface, finger: Finger, loop: list[int]) -> None:
    """Rings along the bones, a round tip, and the tip's own vertex last."""
    along, radii = _profile(finger)
    across = np.cross(finger.direction, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    up = np.cross(across, finger.direction)
    angles = np.arange(_SIDES) * 2 * np.pi / _SIDES
    circle = (
        np.cos(angles)[:, None] * across + 0.93 * np.sin(angles)[:, None] * up
    )  # fingers are a little flat
    near, order = loop, None
    for distance, radius in zip(along, radii, strict=True):
        points = finger.base + distance * finger.direction + radius * circle
        if order is None:
            order = _closest_order(np.array(surface.vertices)[loop], points)
        far = surface.add(points[order])
        surface.stitch(near, far)
        near = far
    tip = surface.add((finger.base + finger.lengths_m.sum() * finger.direction)[None])
    surface.cap(near, tip[0])


def _profile(finger: Finger) -> tuple[np.ndarray, np.ndarray]:
    """Distances of the rings from the first joint, and their radii, in metres."""
    second, third = np.cumsum(finger.lengths_m[:2])
    length, start, dome = finger.lengths_m.sum(), finger.starts_at_m, finger.radius_m
    between = np.linspace(second, third, finger.rings - 5)[1:-1]
    body = np.array([start, (start + second) / 2, second, *between, third, (third + length - dome) / 2])
    girth = np.interp(
        body, [start, second, (second + third) / 2, third, length - dome], [1.05, 1.02, 0.95, 0.92, 0.9]
    )
    lifts = np.radians([35.0, 65.0])
    along = np.append(body, length - dome * (1 - np.sin(lifts)))
    return along, finger.radius_m * np.append(girth, 0.88 * np.cos(lifts))


def _closest_order(loop: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """The order of the ring's points, in either direction, that lies closest to the loop."""
    forward = np.arange(len(ring))
    orders = [np.roll(way, shift) for way in (forward, forward[::-1]) for shift in forward]
    return min(orders, key=lambda order: float(np.sum((ring[order] - loop) ** 2)))


def _relaxed(vertices: np.ndarray, faces: np.ndarray, movable: np.ndarray, pinned: int) -> np.ndarray:
    """Move the palm's vertices halfway to the mean of their neighbours, twice; the wrist ring stays."""
    edges = np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    both = np.concatenate([edges, edges[:, ::-1]])
    degree = np.maximum(np.bincount(both[:, 0], minlength=len(vertices)), 1)[:, None]
    moves = movable & (np.arange(len(vertices)) >= pinned)
    for _ in range(2):
        mean = np.zeros_like(vertices)
        np.add.at(mean, both[:, 0], vertices[both[:, 1]])
        vertices = np.where(moves[:, None], (vertices + mean / degree) / 2, vertices)
    return vertices


def _ordered(vertices: np.ndarray, faces: np.ndarray, owner: np.ndarray) -> Mesh:
    """Drop what the thumb's hole left over and bring the finger tips to MANO's vertex ids."""
    used = np.unique(faces)
    tips = [int(np.flatnonzero(owner == column)[-1]) for column in range(len(FINGERS))]
    others = iter(np.setdiff1d(used, tips))
    at_tip = {finger.tip_vertex: tip for finger, tip in zip(FINGERS, tips, strict=True)}
    order = np.array([at_tip[i] if i in at_tip else next(others) for i in range(N_VERTICES)])
    number = np.full(len(vertices), -1)
    number[order] = np.arange(N_VERTICES)
    return Mesh(vertices[order], number[faces], _shares(vertices[order], owner[order]))


def _shares(vertices: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(n, 5): a finger's vertices are its own; the palm's pass from finger to finger across, and to the thumb
    with the distance from its first bone."""
    thumb, *long = FINGERS
    offsets = vertices[:, None] - np.array([finger.base for finger in long])
    sideways = offsets[..., 2] - offsets[..., 0] * [f.direction[2] / f.direction[0] for f in long]
    nearness = np.exp(-(sideways**2) / (2 * 0.006**2))
    along = np.clip((vertices - thumb.base) @ thumb.direction, 0, thumb.lengths_m[0])
    gap = np.linalg.norm(vertices - thumb.base - along[:, None] * thumb.direction, axis=1)
    to_thumb = 0.8 * np.exp(-(gap**2) / (2 * 0.012**2))
    palm = nearness / nearness.sum(axis=1, keepdims=True) * (1 - to_thumb)[:, None]
    return np.where(owner[:, None] < 0, np.column_stack([to_thumb, palm]), np.eye(5)[owner])
