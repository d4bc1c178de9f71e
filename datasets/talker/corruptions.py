"""What goes wrong with hands in real video, done to a talker for a few frames at a time.

Every corruption works in episodes of 5 to 25 frames, so that one clip has good frames and bad ones.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import cv2
import numpy as np

from datasets.talker.codec import through_h264
from datasets.talker.gestures import HandMotion
from datasets.talker.truth import TalkerTruth

_SHORTEST_FRAMES, _LONGEST_FRAMES = 5, 25
_SKIN_MARGIN = 0.12  # of the hand's size: how far its skin reaches beyond its keypoints


@dataclass(frozen=True)
class Episode:
    """Some frames, half-open, in which something goes wrong with one hand."""

    start_frame: int
    end_frame: int
    side: int  # 0 left, 1 right; corruptions of the whole picture strike both
    strength: float  # 0 hardly visible to 1 hopeless
    angle_rad: float  # a direction in the picture, where one is needed


class Corruption(Protocol):
    """Changes how the hands move before a talker is drawn, its pictures afterwards, or both."""

    def bend(self, hands: HandMotion) -> HandMotion:
        """The motion to draw instead."""
        ...

    def spoil(self, frames: np.ndarray, truth: TalkerTruth) -> np.ndarray:
        """The (T, H, W, 3) uint8 RGB frames to show instead; `truth` says where the hands are in them."""
        ...

    def touched(self, n_frames: int) -> np.ndarray:
        """(T, 2) bool: which hand, left then right, is spoilt when."""
        ...


def draw_episodes(
    n_frames: int, random: np.random.Generator, *, shortest_frames: int = _SHORTEST_FRAMES
) -> tuple[Episode, ...]:
    """One to three episodes, anywhere in the clip; they may overlap."""
    episodes = []
    for _ in range(random.integers(1, 4)):
        length = min(int(random.integers(shortest_frames, _LONGEST_FRAMES + 1)), n_frames)
        start = int(random.integers(0, n_frames - length + 1))
        side, strength = int(random.integers(2)), float(random.uniform(0, 1))
        episodes.append(Episode(start, start + length, side, strength, float(random.uniform(0, 2 * np.pi))))
    return tuple(episodes)


@dataclass(frozen=True)
class _Episodic:
    """What corruptions share: their episodes. As it stands it changes nothing."""

    episodes: tuple[Episode, ...]
    whole_picture: ClassVar[bool] = False

    def bend(self, hands: HandMotion) -> HandMotion:
        return hands

    def spoil(self, frames: np.ndarray, truth: TalkerTruth) -> np.ndarray:
        spoilt = frames.copy()
        for episode in self.episodes:
            for frame in range(episode.start_frame, episode.end_frame):
                spoilt[frame] = self._picture(spoilt[frame], truth, frame, episode)
        return spoilt

    def touched(self, n_frames: int) -> np.ndarray:
        touched = np.zeros((n_frames, 2), bool)
        for episode in self.episodes:
            sides = slice(None) if self.whole_picture else episode.side
            touched[episode.start_frame : episode.end_frame, sides] = True
        return touched

    def _picture(self, picture: np.ndarray, truth: TalkerTruth, frame: int, episode: Episode) -> np.ndarray:
        return picture


@dataclass(frozen=True)
class MotionBlur(_Episodic):
    """The hand smeared along its own motion, over 0.1 to 0.9 of its size."""

    def _picture(self, picture: np.ndarray, truth: TalkerTruth, frame: int, episode: Episode) -> np.ndarray:
        points = truth.keypoints_2d[:, episode.side]
        size = float(np.ptp(points[frame], axis=0).max())
        kernel = _line_kernel(
            (0.1 + 0.8 * episode.strength) * size, _heading(points, frame, episode.angle_rad)
        )
        mask = _hand_mask(points[frame], picture)
        share = cv2.filter2D(cv2.filter2D(mask, -1, kernel), -1, kernel)[..., None]
        return _blend(picture, cv2.filter2D(picture, -1, kernel), share)


@dataclass(frozen=True)
class Occluder(_Episodic):
    """A textured thing, 0.4 to 1.4 times the hand's size, that passes before the hand."""

    def _picture(self, picture: np.ndarray, truth: TalkerTruth, frame: int, episode: Episode) -> np.ndarray:
        points = truth.keypoints_2d[frame, episode.side]
        size = float(np.ptp(points, axis=0).max())
        phase = (frame - episode.start_frame + 0.5) / (episode.end_frame - episode.start_frame) - 0.5
        way = np.array([np.cos(episode.angle_rad), np.sin(episode.angle_rad)])
        middle = points.mean(axis=0) + 0.9 * phase * size * way  # passes over the hand, on its way beside it
        extent = (0.4 + episode.strength) * size
        return _covered(picture, middle, extent, episode, turn_deg=60 * phase)


@dataclass(frozen=True)
class LowResolution(_Episodic):
    """The picture shrunk 2 to 7 times and enlarged again."""

    whole_picture: ClassVar[bool] = True

    def _picture(self, picture: np.ndarray, truth: TalkerTruth, frame: int, episode: Episode) -> np.ndarray:
        height, width = picture.shape[:2]
        factor = 2 + 5 * episode.strength
        small = cv2.resize(
            picture, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA
        )
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


@dataclass(frozen=True)
class Recompression(_Episodic):
    """An earlier generation of H.264 at crf 34 to 44."""

    whole_picture: ClassVar[bool] = True

    def spoil(self, frames: np.ndarray, truth: TalkerTruth) -> np.ndarray:
        spoilt = frames.copy()
        for episode in self.episodes:
            span = slice(episode.start_frame, episode.end_frame)
            spoilt[span] = through_h264(spoilt[span], crf=34 + round(10 * episode.strength))
        return spoilt


@dataclass(frozen=True)
class Darkness(_Episodic):
    """Light down to 8 to 45 %, with the noise of a sensor turned up to see."""

    whole_picture: ClassVar[bool] = True

    def _picture(self, picture: np.ndarray, truth: TalkerTruth, frame: int, episode: Episode) -> np.ndarray:
        random = np.random.default_rng([frame, int(1e6 * episode.strength)])
        grain = random.standard_normal(picture.shape, np.float32) * (14 + 22 * episode.strength)
        dark = picture * np.float32(0.45 - 0.37 * episode.strength)
        return np.clip(dark + cv2.GaussianBlur(grain, (0, 0), 0.8), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class HandOverHand(_Episodic):
    """Both hands brought together before the body, the episode's side in front."""

    whole_picture: ClassVar[bool] = True

    def bend(self, hands: HandMotion) -> HandMotion:
        wrist = hands.wrist.copy()
        for episode in self.episodes:
            share = _eased(episode, len(wrist))[:, None]
            apart = 0.09 - 0.10 * episode.strength  # metres from the middle; below 0 the wrists cross
            meeting = wrist.mean(axis=1)
            for side, outwards in ((0, 1.0), (1, -1.0)):
                nearer = -0.05 if side == episode.side else 0.03  # so that the hands do not go into another
                target = meeting + np.array([outwards * apart, 0.0, nearer])
                target[:, 0] = outwards * apart
                wrist[:, side] += share * (target - wrist[:, side])
        return HandMotion(wrist, hands.axis_angle)


@dataclass(frozen=True)
class LeavingFrame(_Episodic):
    """A hand that goes out of the picture, to its own side or downwards, by up to 0.45 m, and comes back."""

    def bend(self, hands: HandMotion) -> HandMotion:
        wrist = hands.wrist.copy()
        for episode in self.episodes:
            reach = 0.12 + 0.33 * episode.strength
            outwards = 1.0 if episode.side == 0 else -1.0
            sideways = episode.angle_rad < 1.4 * np.pi
            way = np.array([outwards, -0.1, 0.0]) if sideways else np.array([0.1 * outwards, 1.0, 0.1])
            wrist[:, episode.side] += _eased(episode, len(wrist))[:, None] * reach * way
        return HandMotion(wrist, hands.axis_angle)


@dataclass(frozen=True)
class Combined:
    """Several corruptions, one after the other."""

    parts: tuple[Corruption, ...]

    def bend(self, hands: HandMotion) -> HandMotion:
        for part in self.parts:
            hands = part.bend(hands)
        return hands

    def spoil(self, frames: np.ndarray, truth: TalkerTruth) -> np.ndarray:
        for part in self.parts:
            frames = part.spoil(frames, truth)
        return frames

    def touched(self, n_frames: int) -> np.ndarray:
        return np.logical_or.reduce([part.touched(n_frames) for part in self.parts])


KINDS: dict[str, type[_Episodic]] = {
    "blur": MotionBlur,
    "occluder": Occluder,
    "low_resolution": LowResolution,
    "recompression": Recompression,
    "hand_over_hand": HandOverHand,
    "leaving_frame": LeavingFrame,
    "darkness": Darkness,
}
_MOTION_FRAMES = 15  # a hand needs some time to go somewhere and come back


def draw_corruption(kind: str, n_frames: int, seed: int) -> Corruption:
    """A corruption of a kind in KINDS, or "combined" for two of them; the seed decides all else about it."""
    random = np.random.default_rng([seed, n_frames])
    if kind == "combined":
        chosen = random.choice(sorted(KINDS), size=2, replace=False)
        return Combined(tuple(_draw_kind(str(name), n_frames, random) for name in chosen))
    return _draw_kind(kind, n_frames, random)


def _draw_kind(kind: str, n_frames: int, random: np.random.Generator) -> Corruption:
    moves = kind in ("hand_over_hand", "leaving_frame")
    shortest = _MOTION_FRAMES if moves else _SHORTEST_FRAMES
    return KINDS[kind](draw_episodes(n_frames, random, shortest_frames=shortest))


def _eased(episode: Episode, n_frames: int) -> np.ndarray:
    """(T,) 0 outside the episode, 1 in its middle third, smooth between."""
    phase = (np.arange(n_frames) - episode.start_frame + 0.5) / (episode.end_frame - episode.start_frame)
    ramp = np.clip(3 * np.minimum(phase, 1 - phase), 0, 1)
    return ramp**2 * (3 - 2 * ramp)


def _heading(points: np.ndarray, frame: int, otherwise_rad: float) -> float:
    """Radians in the picture in which (T, 21, 2) points move at a frame; `otherwise` where they are still."""
    first, last = max(frame - 1, 0), min(frame + 1, len(points) - 1)
    step = points[last].mean(axis=0) - points[first].mean(axis=0)
    return float(np.arctan2(step[1], step[0])) if np.hypot(*step) > 1.0 else otherwise_rad


def _line_kernel(length_px: float, angle_rad: float) -> np.ndarray:
    half = max(int(np.ceil(length_px / 2)), 1)
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    way = length_px / 2 * np.array([np.cos(angle_rad), np.sin(angle_rad)])
    ends = np.round(half + np.stack([-way, way])).astype(np.int32)
    cv2.polylines(kernel, [ends], isClosed=False, color=(1.0,))
    return kernel / kernel.sum()


def _hand_mask(points: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """(H, W) float32, 1 on the hand and a margin about it."""
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(points).astype(np.int32)), (1.0,))
    margin = max(int(_SKIN_MARGIN * np.ptp(points, axis=0).max()), 1)
    return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1)))


def _covered(
    picture: np.ndarray, middle: np.ndarray, extent_px: float, episode: Episode, turn_deg: float
) -> np.ndarray:
    """The picture with a lumpy thing of random colours at `middle` (2,), turned by so much."""
    random = np.random.default_rng([episode.start_frame, int(1e6 * episode.strength)])
    side = max(int(1.3 * extent_px), 4)
    radii = extent_px / 2 * random.uniform(0.55, 1.15, 9)
    angles = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    outline = side / 2 + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    mask = np.zeros((side, side), np.float32)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], (1.0,))
    coarse = np.clip(random.normal(0, 1, (7, 7, 3)) * 40 + random.uniform(30, 220, 3), 0, 255)
    thing = cv2.resize(coarse.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    place = cv2.getRotationMatrix2D((side / 2, side / 2), turn_deg, 1.0)
    place = place + np.concatenate([np.zeros((2, 2)), (middle - side / 2)[:, None]], axis=1)
    size = (picture.shape[1], picture.shape[0])
    share = cv2.GaussianBlur(cv2.warpAffine(mask, place, size), (0, 0), 0.8)[..., None]
    return _blend(picture, cv2.warpAffine(thing, place, size, borderMode=cv2.BORDER_REPLICATE), share)


def _blend(picture: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    """uint8 picture with `other` where share (H, W, 1) is 1."""
    mixed = picture + share * (other.astype(np.float32) - picture)
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
