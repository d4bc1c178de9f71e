"""A talker as the clip an annotator is given: 25 Hz, one shot, through a real video codec, with its truth."""

from dataclasses import dataclass, replace

import numpy as np

from datasets.errors import UserError
from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX
from datasets.hand.camera import Camera
from datasets.talker.codec import through_h264
from datasets.talker.corruptions import Corruption
from datasets.talker.looks import Look
from datasets.talker.pictures import draw
from datasets.talker.scene import Scene, make_scene, truth_of
from datasets.talker.script import MIN_SHOT_S
from datasets.talker.truth import TalkerTruth

_WORST_CRF = 51
_CHEST = np.array([0.0, 0.08, 0.0])  # in the world; the picture's middle
_LOWEST_SHOWN_M = 0.76  # below the shoulders; the talker's torso ends at 0.80


@dataclass(frozen=True, eq=False)
class TalkerClip:
    """What a camera and a codec left of a talker, and what was there."""

    frames: np.ndarray  # (T, H, W, 3) uint8 RGB
    truth: TalkerTruth
    touched: np.ndarray  # (T, 2) bool: the corruption is about this hand, left then right, in this frame


def talker_clip(
    seed: int,
    *,
    seconds: float = 2.0,
    width_px: int = CLIP_WIDTH_PX,
    height_px: int = CLIP_HEIGHT_PX,
    hand_px: float | None = None,
    focal_px: float | None = None,
    corruption: Corruption | None = None,
    crf: int = 23,
) -> TalkerClip:
    """A talker in the middle of the picture, rendered, corrupted, and sent through H.264 at `crf` and back.

    hand_px: median over frames of the longer side of the hands' boxes; about 105 where left to the seed.
    focal_px: the camera's, which steps nearer or away so that all stays as large; the seed's own is 1050 to
    1450 px at a height of 704. The same arguments give the same frames. Raises UserError for impossible ones.
    """
    _check(seed, seconds, hand_px, crf)
    scene = make_scene(
        seconds=seconds,
        shots=1,
        seed=seed,
        width_px=width_px,
        height_px=height_px,
        rate_hz=CLIP_RATE_HZ,
        bend=corruption.bend if corruption else None,
    )
    zoom = 1.0 if hand_px is None else hand_px / hand_size_px(truth_of(scene, width_px, height_px))
    look = _framed(scene.looks[0], height_px, zoom, focal_px)
    scene = replace(scene, looks=[look])
    truth = truth_of(scene, width_px, height_px)
    frames = _pictures(scene, width_px, height_px)
    touched = np.zeros((len(frames), 2), bool)
    if corruption:
        frames, touched = corruption.spoil(frames, truth), corruption.touched(len(frames))
    return TalkerClip(through_h264(frames, crf), truth, touched)


def hand_size_px(truth: TalkerTruth) -> float:
    """Median over frames and hands of the longer side of the keypoints' box."""
    return float(np.median(np.ptp(truth.keypoints_2d, axis=2).max(axis=-1)))


def _pictures(scene: Scene, width_px: int, height_px: int) -> np.ndarray:
    frames = np.empty((scene.script.n_frames, height_px, width_px, 3), np.uint8)
    for number, picture in enumerate(draw(scene, width_px, height_px)):
        frames[number] = picture
    return frames


def _framed(look: Look, height_px: int, zoom: float, focal_px: float | None) -> Look:
    """The look with the person in the middle, seen from higher up where the torso's end would show."""
    distance = float((look.turn @ _CHEST + look.shift)[2])
    pixels_a_metre = look.camera.focal_px / distance * zoom
    focal = look.camera.focal_px * zoom if focal_px is None else focal_px
    lower = max(height_px / 2 / pixels_a_metre + float(_CHEST[1]) - _LOWEST_SHOWN_M, 0.0)
    middle = np.array([0.0, lower, focal / pixels_a_metre])
    camera = Camera(focal, look.camera.centre_x_px, look.camera.centre_y_px)
    return replace(look, camera=camera, shift=middle - look.turn @ _CHEST)


def _check(seed: int, seconds: float, hand_px: float | None, crf: int) -> None:
    if seed < 0:
        raise UserError(f"seed is {seed}: give a whole number from 0.")
    if not MIN_SHOT_S <= seconds <= 60:
        raise UserError(f"seconds is {seconds:g}: a talker clip lasts {MIN_SHOT_S:g} to 60 seconds.")
    if hand_px is not None and not 10 <= hand_px <= 400:
        raise UserError(f"hand_px is {hand_px:g}: give 10 to 400 pixels.")
    if not 0 <= crf <= _WORST_CRF:
        raise UserError(f"crf is {crf}: H.264 takes 0 (best) to {_WORST_CRF} (worst).")
