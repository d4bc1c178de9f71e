"""Talkers whose lips and lids are known, rendered once a test run."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX
from datasets.talker import head
from datasets.talker.looks import Person
from datasets.talker.pictures import draw
from datasets.talker.scene import make_scene, truth_of

HEAD_PX = 80.0  # between the ears, about


@dataclass(frozen=True, eq=False)
class Talker:
    """T frames and what is true of them."""

    frames: np.ndarray  # (T, 704, 512, 3) uint8
    mouth: np.ndarray  # (T,) 0 closed to 1 wide open
    lids: np.ndarray  # (T,) 0 open to 1 shut
    face_px: np.ndarray  # (T, 2)

    @property
    def body(self) -> np.ndarray:
        """(T, 99) the column body_keypoints, of which the head alone is right."""
        return body_at(self.face_px)


@cache
def talker(seed: int = 3, seconds: float = 4.0) -> Talker:
    scene = make_scene(
        seconds=seconds,
        shots=1,
        seed=seed,
        width_px=CLIP_WIDTH_PX,
        height_px=CLIP_HEIGHT_PX,
        rate_hz=CLIP_RATE_HZ,
    )
    frames = np.stack(list(draw(scene, CLIP_WIDTH_PX, CLIP_HEIGHT_PX)))
    truth = truth_of(scene, CLIP_WIDTH_PX, CLIP_HEIGHT_PX)
    return Talker(frames, scene.body.mouth, scene.body.eyelids, truth.face_centre_px.astype(float))


def winking_talker(monkeypatch) -> Talker:
    """One who shuts the left eye alone; x grows to the person's left."""
    ovals = head._ovals

    def left_lids(person: Person) -> list:
        return [
            oval if oval.centre[0] > 0 else head._Oval(**vars(oval) | {"lid_drop": 0.0})
            for oval in ovals(person)
        ]

    monkeypatch.setattr(head, "_ovals", left_lids)
    return talker.__wrapped__(seconds=3.0)


def body_at(face_px: np.ndarray) -> np.ndarray:
    """(T, 99) of somebody upright who faces the camera, with the head's middle at (T, 2) pixels."""
    about = np.zeros((33, 2))
    about[1:7, 1], about[9:11, 1] = -0.15 * HEAD_PX, 0.27 * HEAD_PX  # eyes, mouth
    about[7], about[8] = (HEAD_PX / 2, 0.0), (-HEAD_PX / 2, 0.0)  # ears, the left one on the right
    places = (face_px[:, None] + about) / [CLIP_WIDTH_PX, CLIP_HEIGHT_PX]
    return np.concatenate([places, np.ones((len(face_px), 33, 1))], axis=2).reshape(len(face_px), 99)
