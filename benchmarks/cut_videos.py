"""Videos with known transitions, spliced from sources and written as H.264.

What a transition is, and where a detector may put it (a frame more on either side is allowed when scoring):
- hard cut: the first frame of the new shot;
- fade through black: any frame from the first whose mean pixel is below 12 to the one after the last of them,
  the stretch that PySceneDetect's ThresholdDetector takes the middle of with its default settings;
- fade through white: the same from 243 up;
- cross-dissolve: any frame of the mixture.
Flashes, near hands that sweep over the picture and captions are no transitions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks.cut_sources import SIZE_PX, Source

RATE_HZ = 25
Frames = list[np.ndarray]
Edit = Callable[[Frames, np.random.Generator], Frames]


@dataclass(frozen=True)
class Transition:
    """Frames a detector may name: first_frame to last_frame, both included; equal for a hard cut."""

    first_frame: int
    last_frame: int


@dataclass(frozen=True)
class CutVideo:
    """A written video and its truth."""

    category: str
    path: Path
    transitions: tuple[Transition, ...]
    times_s: tuple[float, ...]  # of every frame


@dataclass(frozen=True)
class Recipe:
    """How the shots of one video are made and joined."""

    category: str
    n_shots: int
    length_frames: tuple[int, int]  # shortest and longest shot
    join: Callable[[Frames, Frames, np.random.Generator], tuple[Frames, Frames, Frames]]
    edit: Edit | None = None  # applied to each shot
    drop: float = 0.0  # part of the frames left out, which makes the frame rate variable


def splice(recipe: Recipe, sources: Sequence[Source], folder: Path, rng: np.random.Generator) -> CutVideo:
    """Write `folder`/CATEGORY.mp4 and return it with its transitions."""
    frames: Frames = []
    transitions: list[Transition] = []
    for shot in _shots(recipe, sources, rng):
        if not frames:
            frames = shot
            continue
        before, between, after = recipe.join(frames, shot, rng)
        transitions.append(_transition(len(before), between))
        frames = before + between + after
    kept = _kept(len(frames), recipe.drop, rng)
    moved = [Transition(_count(kept, one.first_frame), _count(kept, one.last_frame)) for one in transitions]
    times_s = tuple(index / RATE_HZ for index in kept)
    path = folder / f"{recipe.category.replace(' ', '_')}.mp4"
    write_video(path, [frames[index] for index in kept], times_s)
    return CutVideo(recipe.category, path, tuple(moved), times_s)


def write_video(path: Path, frames: Sequence[np.ndarray], times_s: Sequence[float]) -> None:
    """Write BGR frames at the given times, multiples of 1/25 s, as H.264 4:2:0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ)
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt, stream.options = "yuv420p", {"preset": "veryfast", "crf": "23", "threads": "1"}
        stream.codec_context.time_base = Fraction(1, RATE_HZ)
        for picture, time_s in zip(frames, times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = round(time_s * RATE_HZ), Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _shots(recipe: Recipe, sources: Sequence[Source], rng: np.random.Generator) -> Iterator[Frames]:
    order: list[int] = []
    for _ in range(recipe.n_shots):
        if not order:
            order = list(rng.permutation(len(sources)))
        frames = sources[order.pop()].frames
        length = min(int(rng.integers(recipe.length_frames[0], recipe.length_frames[1] + 1)), len(frames))
        start = int(rng.integers(0, len(frames) - length + 1))
        shot = list(frames[start : start + length])
        yield recipe.edit(shot, rng) if recipe.edit else shot


def _transition(first_frame: int, between: Frames) -> Transition:
    """The transition made by frames that stand between two shots, none for a hard cut."""
    if not between:
        return Transition(first_frame, first_frame)
    means = np.array([frame.mean() for frame in between])
    blank = np.flatnonzero((means < 12) | (means >= 243))
    if len(blank):
        return Transition(first_frame + int(blank[0]), first_frame + int(blank[-1]) + 1)
    return Transition(first_frame, first_frame + len(between))


def _kept(n_frames: int, drop: float, rng: np.random.Generator) -> list[int]:
    keep = rng.random(n_frames) >= drop
    keep[0] = True
    return [int(index) for index in np.flatnonzero(keep)]


def _count(kept: Sequence[int], frame: int) -> int:
    """The place of the first kept frame at or after `frame`."""
    return int(np.searchsorted(kept, frame))


def hard(before: Frames, after: Frames, rng: np.random.Generator) -> tuple[Frames, Frames, Frames]:
    """Nothing between the shots."""
    return before, [], after


def through(level: int) -> Callable[[Frames, Frames, np.random.Generator], tuple[Frames, Frames, Frames]]:
    """A fade out to a grey level, some frames of it, and a fade in; each of a length of its own."""

    def join(before: Frames, after: Frames, rng: np.random.Generator) -> tuple[Frames, Frames, Frames]:
        out, held, into = int(rng.integers(4, 20)), int(rng.integers(1, 12)), int(rng.integers(4, 20))
        blank = np.full_like(after[0], level)
        fading = [_mixed(frame, blank, (i + 1) / out) for i, frame in enumerate(before[-out:])]
        rising = [_mixed(blank, frame, (i + 1) / into) for i, frame in enumerate(after[:into])]
        return before[:-out], fading + [blank] * held + rising, after[into:]

    return join


def dissolve(before: Frames, after: Frames, rng: np.random.Generator) -> tuple[Frames, Frames, Frames]:
    """One shot mixed into the next over 8 to 25 frames."""
    length = int(rng.integers(8, 26))
    mixed = [
        _mixed(old, new, (i + 1) / (length + 1))
        for i, (old, new) in enumerate(zip(before[-length:], after[:length], strict=True))
    ]
    return before[:-length], mixed, after[length:]


def dark(shot: Frames, rng: np.random.Generator) -> Frames:
    """An underexposed shot with sensor noise: mean levels of about 10 to 25."""
    gain = 22 / max(float(np.mean(shot[0])), 1.0) * rng.uniform(0.5, 1.2)
    return [_clipped(frame * gain + rng.normal(0, 2.5, frame.shape)) for frame in shot]


def flat(shot: Frames, rng: np.random.Generator) -> Frames:
    """A shot through mist: a fifth of the contrast."""
    return [_clipped(110 + 0.2 * (frame.astype(np.float32) - 110)) for frame in shot]


def flashes(shot: Frames, rng: np.random.Generator) -> Frames:
    """Two photo flashes of 1 to 3 frames in the shot, away from its ends."""
    lit = list(shot)
    for middle in (len(shot) // 3, 2 * len(shot) // 3):
        for index in range(middle, middle + int(rng.integers(1, 4))):
            lit[index] = _clipped(
                shot[index].astype(np.float32) * rng.uniform(1.5, 2.5) + rng.uniform(60, 160)
            )
    return lit


def near_hand(shot: Frames, rng: np.random.Generator) -> Frames:
    """A blurred hand close to the camera that sweeps over the picture and back within a second."""
    width, height = SIZE_PX
    skin, duration, start = np.array([110, 140, 200.0]), int(rng.integers(12, 26)), len(shot) // 3
    moved = list(shot)
    for i in range(min(duration, len(shot) - start)):
        reach = np.sin(np.pi * i / duration)
        mask = np.zeros((height, width), np.float32)
        centre = (int(width * (1.3 - 0.9 * reach)), int(height * (0.6 + 0.2 * np.sin(0.9 * i))))
        cv2.ellipse(
            mask, centre, (int(width * 0.35), int(height * 0.45)), 20.0 * float(np.sin(i)), 0, 360, (1.0,), -1
        )
        part = cv2.blur(mask, (25, 9))[..., None]
        moved[start + i] = _clipped(shot[start + i] * (1 - part) + skin * part)
    return moved


def captioned(shot: Frames, rng: np.random.Generator) -> Frames:
    """A lower third that appears and goes at once."""
    width, height = SIZE_PX
    shown = [frame.copy() for frame in shot]
    for frame in shown[len(shot) // 3 : 2 * len(shot) // 3]:
        frame[int(height * 0.78) : int(height * 0.94), width // 16 :] = (40, 30, 20)
        cv2.putText(frame, "A NAME, and a title", (30, int(height * 0.88)), 0, 0.6, (250, 250, 250), 1)
    return shown


def _mixed(old: np.ndarray, new: np.ndarray, part: float) -> np.ndarray:
    return cv2.addWeighted(old, 1 - part, new, part, 0)


def _clipped(frame: np.ndarray) -> np.ndarray:
    return np.clip(frame, 0, 255).astype(np.uint8)
