"""The person's surface: meshes for torso, head and arms, put together with the two hands for each frame."""

from dataclasses import dataclass

import numpy as np

from datasets.hand.model import SIDES, HandModel
from datasets.talker.body import BodyMotion, on_torso
from datasets.talker.head import HeadMesh
from datasets.talker.looks import Look, Person
from datasets.talker.shapes import grid_faces, loft, rounded_rings

_TORSO_SIDES, _ARM_SIDES, _SLEEVE_RINGS, _CUFF_RINGS = 72, 20, 26, 10
# Height below the shoulders' middle, half breadth, half depth, depth of the middle: metres.
_TORSO = np.array(
    [
        [-0.090, 0.050, 0.052, 0.015],
        [-0.060, 0.060, 0.058, 0.015],
        [-0.042, 0.095, 0.066, 0.012],
        [-0.022, 0.140, 0.075, 0.008],
        [0.005, 0.172, 0.085, 0.004],
        [0.050, 0.182, 0.098, 0.000],
        [0.120, 0.176, 0.108, -0.004],
        [0.220, 0.164, 0.108, -0.002],
        [0.320, 0.155, 0.104, 0.002],
        [0.420, 0.160, 0.106, 0.002],
        [0.540, 0.175, 0.115, 0.002],
        [0.800, 0.185, 0.120, 0.002],
    ]
)
_TORSO_LEVELS = 72
_SOFT_EDGE_M = 0.012  # about two rows of the torso's vertices, so that edges do not look like stairs


@dataclass(frozen=True, eq=False)
class HandMeshes:
    """Vertices of both hands over some frames, and the frames of their wrists; world."""

    vertices: np.ndarray  # (T, 2, 778, 3)
    wrists: np.ndarray  # (T, 2, 3)
    turns: np.ndarray  # (T, 2, 3, 3)


class Figure:
    """A person's mesh: fixed faces, colours per look, vertices per frame."""

    def __init__(self, person: Person, model: HandModel) -> None:
        self._person, self._head, self._model = person, HeadMesh(person), model
        self._torso = _torso_vertices()
        parts = [
            grid_faces(_TORSO_LEVELS, _TORSO_SIDES),
            self._head.faces,
            *[grid_faces(_SLEEVE_RINGS, _ARM_SIDES), grid_faces(_CUFF_RINGS, _ARM_SIDES)] * 2,
            *(model.faces_of(side) for side in SIDES),
        ]
        self._sizes = [len(self._torso), self._head.n_vertices]
        self._sizes += [_SLEEVE_RINGS * _ARM_SIDES, _CUFF_RINGS * _ARM_SIDES] * 2 + [len(model.template)] * 2
        starts = np.cumsum([0, *self._sizes[:-1]])
        self.faces = np.concatenate([faces + start for faces, start in zip(parts, starts, strict=True)])

    def colours(self, look: Look) -> np.ndarray:
        """(V, 3) colours in 0..255 of the person dressed for one shot."""
        skin, sleeve_size = self._person.skin, self._sizes[2]
        sleeve = np.broadcast_to(look.shirt, (_SLEEVE_RINGS, _ARM_SIDES, 3)).copy()
        sleeve[-2:] = look.trim
        cuff = np.broadcast_to(skin, (self._sizes[3], 3))
        arm = [sleeve.reshape(sleeve_size, 3), cuff]
        return np.concatenate(
            [self._torso_colours(look), self._head.colours, *arm, *arm, *[self._hand_colours()] * 2]
        )

    def vertices(self, body: BodyMotion, hands: HandMeshes, frame: int, hand_frame: int) -> np.ndarray:
        """(V, 3) world metres at `frame` of the body and `hand_frame` of the hands."""
        torso, joints = body.torso[frame], body.joints[frame]
        head = self._head.vertices(torso, body.head[frame], body.mouth[frame], body.eyelids[frame])
        arms = []
        for side in range(2):
            shoulder, elbow = joints[1 + side], joints[3 + side]
            arms += _arm(shoulder, elbow, hands.wrists[hand_frame, side], hands.turns[hand_frame, side])
        return np.concatenate([on_torso(self._torso, torso), head, *arms, *hands.vertices[hand_frame]])

    def _torso_colours(self, look: Look) -> np.ndarray:
        x, y, z = self._torso.T
        colours = look.cloth(x, y, z)
        # Rounder in front than behind.
        collar = np.maximum(np.where(z < 0.02, 0.035 - 6.0 * x**2, -0.045), -0.045)
        edge = np.clip((collar + 0.016 - y) / _SOFT_EDGE_M, 0, 1)[:, None]
        bare = np.clip((collar - y) / _SOFT_EDGE_M, 0, 1)[:, None]
        colours = colours + edge * (look.trim - colours)
        return colours + bare * (self._person.skin * 0.96 - colours)

    def _hand_colours(self) -> np.ndarray:
        """Skin, redder towards the finger tips and paler at the nails and in the palm."""
        vertices, weights = self._model.template, self._model.weights
        last = weights[:, [3, 6, 9, 12, 15]].sum(axis=1, keepdims=True)
        colours = self._person.skin * (1 - 0.05 * last * np.array([0.2, 1.0, 0.8]))
        palm = np.clip(-vertices[:, 1:2] / 0.012, 0, 1) * (1 - last)
        return colours + palm * np.array([10.0, 4.0, 3.0])


def _torso_vertices() -> np.ndarray:
    levels = np.linspace(0, 1, _TORSO_LEVELS) ** 1.3  # closer together at the neck
    y = _TORSO[0, 0] + levels * (_TORSO[-1, 0] - _TORSO[0, 0])
    breadth, depth, middle = (np.interp(y, _TORSO[:, 0], column) for column in _TORSO[:, 1:].T)
    return rounded_rings(y, breadth, depth, middle, _TORSO_SIDES)


def _arm(shoulder: np.ndarray, elbow: np.ndarray, wrist: np.ndarray, turn: np.ndarray) -> list[np.ndarray]:
    """Sleeve from the shoulder to near the wrist, and the bare wrist up into the hand."""
    forearm = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    cuff = wrist - 0.055 * forearm
    way = np.linspace(0, 1, _SLEEVE_RINGS)[:, None]
    inner = shoulder + 0.03 * (np.array([0.0, shoulder[1], shoulder[2]]) - shoulder) / abs(shoulder[0])
    bend = _bent_way(inner, elbow, cuff, way)
    radius = np.interp(
        way[:, 0],
        [0, 0.03, 0.08, 0.2, 0.45, 0.56, 0.7, 0.96, 1],
        [0.03, 0.048, 0.056, 0.056, 0.047, 0.046, 0.047, 0.034, 0.030],
    )
    sleeve = loft(bend, radius[:, None], radius[:, None], np.array([0.0, 0.3, 1.0]), _ARM_SIDES)
    return [sleeve, _wrist_skin(cuff - 0.02 * forearm, wrist, forearm, turn)]


def _bent_way(start: np.ndarray, corner: np.ndarray, end: np.ndarray, way: np.ndarray) -> np.ndarray:
    """(n, 3) from start by way of a rounded corner to the end."""
    sharp = np.where(
        way < 0.54, start + way / 0.54 * (corner - start), corner + (way - 0.54) / 0.46 * (end - corner)
    )
    rounding = 0.22 * np.exp(-(((way - 0.54) / 0.08) ** 2))
    return sharp + rounding * ((start + end) / 2 - corner) * 0.5


def _wrist_skin(start: np.ndarray, wrist: np.ndarray, forearm: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """The tube from inside the sleeve that turns into the oval of the hand's own wrist."""
    along_hand = turn[:, 0]
    inwards = along_hand if along_hand @ forearm < 0 else -along_hand  # from the wrist to the arm
    way = np.linspace(0, 1, _CUFF_RINGS)[:, None]
    arm_part = start + way * (wrist + 0.004 * inwards - start)
    broad, thick = 0.027 - 0.001 * way, 0.025 - 0.0075 * way
    centre = arm_part - way**3 * 0.012 * inwards
    return loft(centre, broad, thick, turn[:, 2], _ARM_SIDES)
