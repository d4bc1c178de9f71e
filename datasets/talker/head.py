"""The talker's head: a sculpted oval with eyes that blink and a mouth that opens."""

from dataclasses import dataclass

import numpy as np

from datasets.talker.body import HEAD_CENTRE, NECK_PIVOT, on_torso
from datasets.talker.looks import Person
from datasets.talker.shapes import grid_faces, loft, unit_sphere

_SKULL = (44, 64)  # rings, sides


@dataclass(frozen=True)
class _Oval:
    """An ellipsoid on the head: centre and radii in metres from the head's centre, and what the mouth's
    opening and the eyelids' closing add to them."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    colour: np.ndarray
    mouth_drop: float = 0.0
    mouth_growth: float = 0.0
    lid_drop: float = 0.0
    detail: tuple[int, int] = (14, 20)


class HeadMesh:
    """Faces and colours are fixed; vertices follow the head, the mouth and the eyelids."""

    def __init__(self, person: Person) -> None:
        self._skull = _skull_vertices()
        self._ovals = _ovals(person)
        self._units = [unit_sphere(*oval.detail) for oval in self._ovals]
        neck_levels = np.linspace(0, 1, 8)
        self._neck = loft(
            np.stack([0 * neck_levels, -0.16 + 0.13 * neck_levels, 0.012 + 0 * neck_levels], axis=1),
            (0.047 + 0.010 * neck_levels**2)[:, None],
            (0.050 + 0.006 * neck_levels**2)[:, None],
            np.array([1.0, 0, 0]),
            32,
        )
        grids = [(8, 32), _SKULL, *(oval.detail for oval in self._ovals)]
        starts = np.cumsum([0, *(rings * sides for rings, sides in grids)])
        self.faces = np.concatenate(
            [grid_faces(*grid) + start for grid, start in zip(grids, starts[:-1], strict=True)]
        )
        self.n_vertices = int(starts[-1])
        self.colours = np.concatenate(
            [
                np.tile(person.skin * 0.94, (len(self._neck), 1)),
                _skull_colours(self._skull, person),
                *(np.tile(o.colour, (len(u), 1)) for o, u in zip(self._ovals, self._units, strict=True)),
            ]
        )

    def vertices(self, torso: np.ndarray, head: np.ndarray, mouth: float, eyelids: float) -> np.ndarray:
        """(V, 3) world metres; torso and head rotations (3, 3), mouth and eyelids in 0..1."""
        jaw = np.clip((self._skull[:, 1] - 0.045) / 0.06, 0, 1)[:, None]
        parts = [self._skull + jaw * mouth * np.array([0.0, 0.008, 0.0])]
        for oval, unit in zip(self._ovals, self._units, strict=True):
            drop = oval.mouth_drop * mouth + oval.lid_drop * eyelids
            radii = np.add(oval.radii, [0.0, oval.mouth_growth * mouth, 0.0])
            parts.append(np.add(oval.centre, [0.0, drop, 0.0]) + unit * radii)
        pivot = on_torso(NECK_PIVOT[None], torso)
        turned = (np.concatenate(parts) + HEAD_CENTRE - NECK_PIVOT) @ head.T + pivot
        return np.concatenate([on_torso(self._neck, torso), turned])


def _skull_vertices() -> np.ndarray:
    """Narrower at the jaw, flatter in front, with hollows for the eyes and a chin."""
    x, y, z = unit_sphere(*_SKULL).T
    narrow = 1 - 0.26 * np.clip(y, 0, 1) ** 1.6
    front = np.clip(-z, 0, 1)
    flat = 1 - 0.10 * front * np.exp(-((x / 0.5) ** 2))
    chin = 0.012 * np.exp(-((x / 0.28) ** 2) - ((y - 0.86) / 0.16) ** 2) * front
    hollows = 0.010 * (_spot(x, 0.42, y, -0.06) + _spot(x, -0.42, y, -0.06)) * front
    cheeks = 0.004 * (_spot(x, 0.55, y, 0.3) + _spot(x, -0.55, y, 0.3)) * front
    return np.stack(
        [0.075 * x * narrow, 0.118 * y, 0.098 * z * flat * (1 - 0.1 * np.clip(y, 0, 1))], axis=1
    ) + (np.stack([0 * x, 0 * y, hollows - cheeks - chin], axis=1))


def _spot(x: np.ndarray, x0: float, y: np.ndarray, y0: float) -> np.ndarray:
    return np.exp(-(((x - x0) / 0.22) ** 2) - ((y - y0) / 0.14) ** 2)


def _skull_colours(skull: np.ndarray, person: Person) -> np.ndarray:
    """Skin with redder cheeks and darker eye sockets; hair above a hairline that falls to the neck behind."""
    x, y, z = skull.T
    colours = np.tile(person.skin, (len(skull), 1))
    front = np.clip(-z / 0.09, 0, 1)
    cheeks = (np.exp(-(((np.abs(x) - 0.042) / 0.02) ** 2) - ((y - 0.035) / 0.022) ** 2) * front)[:, None]
    sockets = (np.exp(-(((np.abs(x) - 0.033) / 0.018) ** 2) - ((y + 0.012) / 0.013) ** 2) * front)[:, None]
    colours = colours - cheeks * [2.0, 16.0, 14.0] - sockets * [26.0, 26.0, 24.0]
    hairline = -0.078 + np.clip(z + 0.075, 0, 1) * 1.25
    colours[y < hairline] = person.hair
    return colours


def _ovals(person: Person) -> list[_Oval]:
    skin, hair, lip = person.skin, person.hair, person.lips
    dark, white, iris = np.array([52.0, 18, 20]), np.array([236.0, 232, 226]), person.iris
    crown = _Oval((0, -0.030, 0.018), (0.0815, 0.098, 0.094), hair, detail=(28, 44))
    fringe = _Oval((0, -0.088, -0.045), (0.060, 0.032, 0.046), hair, detail=(18, 30))
    nose = [
        _Oval((0, 0.004, -0.091), (0.0085, 0.030, 0.013), skin * 1.02),
        _Oval((0, 0.026, -0.100), (0.0125, 0.010, 0.016), skin * np.array([1.02, 0.97, 0.95])),
        _Oval((0.0105, 0.030, -0.093), (0.0075, 0.007, 0.010), skin * 0.96),
        _Oval((-0.0105, 0.030, -0.093), (0.0075, 0.007, 0.010), skin * 0.96),
        _Oval((0.006, 0.0355, -0.101), (0.0034, 0.002, 0.004), skin * 0.45, detail=(8, 10)),
        _Oval((-0.006, 0.0355, -0.101), (0.0034, 0.002, 0.004), skin * 0.45, detail=(8, 10)),
    ]
    mouth = [
        _Oval((0, 0.0585, -0.0815), (0.021, 0.0016, 0.0085), dark, mouth_drop=0.006, mouth_growth=0.0085),
        _Oval((0, 0.0555, -0.0825), (0.0225, 0.0042, 0.0095), lip),
        _Oval((0, 0.0628, -0.0815), (0.0195, 0.0050, 0.0105), lip * 1.05, mouth_drop=0.0135),
    ]
    eyes = [part for side in (1, -1) for part in _eye(side, skin, hair, white, iris)]
    ears = [_Oval((s * 0.076, 0.004, 0.008), (0.011, 0.028, 0.018), skin * 0.95) for s in (1, -1)]
    return [crown, fringe, *nose, *mouth, *eyes, *ears]


def _eye(side: int, skin: np.ndarray, hair: np.ndarray, white: np.ndarray, iris: np.ndarray) -> list[_Oval]:
    x = side * 0.0325
    return [
        _Oval((x, -0.010, -0.0735), (0.0145, 0.0082, 0.0095), white),
        _Oval((x, -0.0098, -0.0815), (0.0062, 0.0064, 0.0030), iris, detail=(10, 16)),
        _Oval((x, -0.0098, -0.0838), (0.0030, 0.0031, 0.0014), np.array([15.0, 12, 12]), detail=(8, 12)),
        # The lid waits above the eye and comes down over it; its edge is the line of lashes.
        _Oval((x, -0.0195, -0.0742), (0.0158, 0.0070, 0.0118), skin * 0.88, lid_drop=0.0085),
        _Oval((x, -0.0135, -0.0825), (0.0140, 0.0011, 0.0030), hair * 0.6, lid_drop=0.0085, detail=(8, 16)),
        _Oval((x * 1.06, -0.0295, -0.0800), (0.0185, 0.0034, 0.0060), hair * 0.9),
    ]
