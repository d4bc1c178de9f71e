"""What is heard in a clip, drawn under the hands: loudness, the mouth of the person in the picture, who speaks when.

Where the line of the mouth rises and falls with the hills of the sound, the person in the picture is the one who
speaks. Colours come from the page's classes (`sound`, `mouth`, `voice`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flows.clip_labels import ClipLabels

_WIDTH = 1000  # user units; the page stretches the drawing
_CURVE, _SLIT, _STRIP = 30, 3, 5
_HEIGHT = _CURVE + _SLIT + _STRIP
_QUIETEST_DBFS, _LOUDEST_DBFS = -60.0, -10.0  # bottom and top of the lane
_OTHER_VOICES = 3  # colours for the second voice and those after it


@dataclass(frozen=True)
class Heard:
    """The sound of one clip in words; None for what is not known."""

    text: str | None
    language: str | None
    speech_ratio: float | None
    voices: int | None
    speaker_score: float | None
    lag_s: float | None
    style: str | None
    style_by: str | None  # "source", "person" or "rule"


def heard(labels: ClipLabels) -> Heard | None:
    """None where no annotator of sound or style has been at work."""
    told = labels.style_told
    found = Heard(
        text=labels.speech_text,
        language=labels.speech_language,
        speech_ratio=labels.speech_ratio,
        voices=labels.speaker_voices,
        speaker_score=labels.speaker_score,
        lag_s=labels.speaker_lag_s,
        style=told or labels.style_guess,
        style_by=labels.style_told_by if told else "rule" if labels.style_guess else None,
    )
    return found if any(value is not None for value in vars(found).values()) else None


def soundtrack(labels: ClipLabels, *, rate_hz: float, marks: Sequence[int] = ()) -> str | None:
    """An `<svg>` over the whole clip; None without loudness.

    Loudness as hills, the mouth's opening as a line over them, stretches with a voice as a strip below, in another
    colour for each further voice. marks: frame indices that get a tick.
    """
    loudness = labels.audio_loudness
    if loudness is None or not len(loudness):
        return None
    frames = len(loudness)
    parts = [f'<rect class="lane" x="0" y="0" width="{_WIDTH}" height="{_CURVE}"/>', _hills(loudness[:, 0])]
    if labels.face_mouth is not None:
        parts += [_line(points, frames) for points in _runs(_opening(labels.face_mouth[:, 0]))]
    parts += _strips(_turns(labels), frames / rate_hz)
    parts += [f'<path class="mark" d="M{_x(mark + 0.5, frames):.1f} 0V{_HEIGHT}"/>' for mark in marks]
    label = _words(labels, frames / rate_hz)
    return (
        f'<svg class="soundtrack" viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}"><title>{label}</title>{"".join(parts)}</svg>'
    )


def _words(labels: ClipLabels, seconds: float) -> str:
    parts = [f"Sound over {seconds:.1f} s."]
    if labels.speech_ratio is not None:
        parts.append(f"A voice in {labels.speech_ratio:.0%} of it.")
    if labels.speaker_score is not None:
        parts.append(f"The mouth moves with the sound: {labels.speaker_score:.2f} of 1.")
    return " ".join(parts)


def _x(frame: float, frames: int) -> float:
    return _WIDTH * frame / frames


def _hills(loudness: np.ndarray) -> str:
    level = np.clip((loudness.astype(float) - _QUIETEST_DBFS) / (_LOUDEST_DBFS - _QUIETEST_DBFS), 0, 1)
    steps = "".join(
        f"L{_x(i, len(level)):.0f} {_CURVE * (1 - y):.1f}H{_x(i + 1, len(level)):.0f}"
        for i, y in enumerate(np.nan_to_num(level))
    )
    return f'<path class="sound" d="M0 {_CURVE}{steps}V{_CURVE}Z"/>'


def _opening(gap: np.ndarray) -> np.ndarray:
    """(T,) of the clip's own range, 0 to 1, NaN where no face was found."""
    gap = gap.astype(float)
    if not np.isfinite(gap).any():
        return gap
    low, high = np.nanpercentile(gap, [5, 98])
    return np.clip((gap - low) / max(high - low, 1e-3), 0, 1)


def _runs(opening: np.ndarray) -> list[list[tuple[int, float]]]:
    """(frame, opening) of each stretch in which the mouth was seen."""
    runs: list[list[tuple[int, float]]] = [[]]
    for frame, value in enumerate(opening):
        if np.isfinite(value):
            runs[-1].append((frame, float(value)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _line(points: Sequence[tuple[int, float]], frames: int) -> str:
    path = "L".join(f"{_x(frame + 0.5, frames):.0f} {_CURVE * (1 - value):.1f}" for frame, value in points)
    return f'<path class="mouth" d="M{path}"/>'


def _turns(labels: ClipLabels) -> list[Mapping[str, Any]]:
    """Who speaks when; voices without names where nobody told them apart."""
    return list(labels.speech_turns or labels.speech_segments or ())


def _strips(turns: Sequence[Mapping[str, Any]], seconds: float) -> list[str]:
    names = list(dict.fromkeys(turn.get("speaker") for turn in turns))
    return [
        f'<rect class="voice voice{min(names.index(turn.get("speaker")), _OTHER_VOICES)}" '
        f'x="{_x(turn["start_s"], 1) / seconds:.1f}" y="{_CURVE + _SLIT}" '
        f'width="{_x(turn["end_s"] - turn["start_s"], 1) / seconds:.1f}" height="{_STRIP}"/>'
        for turn in turns
    ]
