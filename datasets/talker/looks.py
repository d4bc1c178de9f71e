"""What a person and a shot look like: skin and hair, clothes, camera and room, all from the seed."""

from dataclasses import dataclass

import cv2
import numpy as np

from datasets.hand.camera import Camera
from datasets.hand.render import Light
from datasets.hand.rotations import axis_angle_to_matrix

_SKINS = ((224, 178, 150), (206, 160, 130), (178, 128, 98), (150, 104, 78), (234, 194, 170))
_HAIRS = ((46, 34, 28), (78, 54, 36), (28, 26, 28), (112, 82, 52))
_IRISES = ((70, 50, 36), (64, 92, 118), (72, 92, 60))
# Neighbours in this list differ in brightness as well as hue, so that every cut can be seen.
_SHIRTS = ((52, 74, 122), (196, 186, 168), (118, 38, 46), (62, 104, 84), (214, 214, 220), (58, 58, 66))
_WALLS = ((172, 160, 142), (78, 88, 104), (204, 206, 200), (112, 92, 78), (132, 150, 152), (58, 66, 62))
_PATTERNS = ("plain", "stripes", "jacket")
_TARGET = np.array([0.0, 0.08, 0.0])  # of the camera: the upper chest


@dataclass(frozen=True, eq=False)
class Person:
    """Colours (3,) in 0..255."""

    skin: np.ndarray
    hair: np.ndarray
    lips: np.ndarray
    iris: np.ndarray


@dataclass(frozen=True, eq=False)
class Look:
    """One shot: clothes, camera and the room behind."""

    shirt: np.ndarray  # (3,)
    trim: np.ndarray  # (3,)
    pattern: str
    camera: Camera
    turn: np.ndarray  # (3, 3) world to camera
    shift: np.ndarray  # (3,) camera point = turn @ world point + shift
    light: Light
    wall: tuple[int, int, int]
    room_seed: int  # of `paint_room`, which is called when the shot begins

    def cloth(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """(V, 3) colours of the torso's cloth at the body's own coordinates in metres."""
        colours = np.tile(self.shirt, (len(x), 1))
        if self.pattern == "stripes":
            colours[np.sin(y * 2 * np.pi / 0.045) > 0.55] = self.trim
        if self.pattern == "jacket":
            colours[(np.abs(x) < 0.030 + 0.10 * np.clip(0.32 - y, 0, 1)) & (z < 0)] = self.trim
        return colours


def choose_person(random: np.random.Generator) -> Person:
    skin = np.array(_SKINS[random.integers(len(_SKINS))], float)
    hair = np.array(_HAIRS[random.integers(len(_HAIRS))], float)
    iris = np.array(_IRISES[random.integers(len(_IRISES))], float)
    return Person(skin, hair, skin * np.array([0.86, 0.58, 0.60]), iris)


def choose_looks(shots: int, width_px: int, height_px: int, random: np.random.Generator) -> list[Look]:
    """A look a shot; no two neighbours share clothes or room."""
    first = int(random.integers(len(_SHIRTS)))
    return [_choose_look(first + shot, width_px, height_px, random) for shot in range(shots)]


def _choose_look(number: int, width_px: int, height_px: int, random: np.random.Generator) -> Look:
    shirt = np.array(_SHIRTS[number % len(_SHIRTS)], float)
    trim = np.array(_SHIRTS[(number + 1) % len(_SHIRTS)], float)
    distance = random.uniform(1.8, 2.3)
    pixels_a_metre = random.uniform(0.83, 0.90) * height_px  # the picture shows about 1.15 m
    angles = np.radians([random.uniform(-3, 3), random.uniform(-11, 11), random.uniform(-1, 1)])
    turn = axis_angle_to_matrix(angles)
    aside = np.array([random.uniform(-0.18, 0.18), 0.0, 0.0])
    return Look(
        shirt=shirt,
        trim=trim,
        pattern=_PATTERNS[number % len(_PATTERNS)],
        camera=Camera(pixels_a_metre * distance, width_px / 2, height_px / 2),
        turn=turn,
        shift=np.array([0.0, 0.0, distance]) + aside - turn @ _TARGET,
        light=Light(towards=(random.choice([-0.45, 0.45]), -0.5, -0.75), ambient=0.46, key=0.68),
        wall=_WALLS[number % len(_WALLS)],
        room_seed=int(random.integers(2**32)),
    )


def paint_room(look: Look, width_px: int, height_px: int) -> np.ndarray:
    """(H, W, 3) uint8: a wall with pictures, shelves or a window, out of focus as behind a speaker."""
    random = np.random.default_rng(look.room_seed)
    room = np.empty((height_px, width_px, 3), np.float32)
    room[:] = look.wall
    room += np.linspace(16, -22, height_px, dtype=np.float32)[:, None, None]
    side = random.choice([-18.0, 18.0])
    room += np.linspace(-side, side, width_px, dtype=np.float32)[None, :, None]
    for _ in range(random.integers(9, 16)):
        _paint_block(room, random)
    blurred = cv2.GaussianBlur(room, (0, 0), height_px / 240)
    plaster = cv2.GaussianBlur(random.normal(0, 14, room.shape[:2]), (0, 0), 1.5)
    return np.clip(blurred + plaster[..., None], 0, 255).astype(np.uint8)


def _paint_block(room: np.ndarray, random: np.random.Generator) -> None:
    """A frame, a book or a pane somewhere on the wall, lighter or darker, with its own edge."""
    height, width = room.shape[:2]
    w, h = int(width * random.uniform(0.03, 0.16)), int(height * random.uniform(0.06, 0.34))
    x, y = int(random.integers(0, width - w)), int(random.integers(0, max(height * 3 // 4 - h, 1)))
    colour = room[y + h // 2, x + w // 2] * random.uniform(0.55, 1.35) + random.uniform(-25, 25, 3)
    cv2.rectangle(room, (x, y), (x + w, y + h), (colour * 0.7).tolist(), -1)
    inset = max(height // 120, 1)
    cv2.rectangle(room, (x + inset, y + inset), (x + w - inset, y + h - inset), colour.tolist(), -1)
