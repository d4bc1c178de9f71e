"""What the sound of a clip tells about its style: a voice, held notes, a beat."""

from dataclasses import dataclass

import numpy as np

from datasets.frame import CLIP_RATE_HZ

_REFERENCE_HZ = 55.0  # of 0 semitones; only differences matter
_BEAT_PERIODS_S = np.geomspace(0.2, 1.2, 400)  # in steps of half a percent


@dataclass(frozen=True)
class Sound:
    """Measures of one clip; None for what nobody measured."""

    voiced: float | None  # of the frames with sound, the fraction that has a pitch
    held: float | None  # of the frames with a pitch, the fraction that lies on a held note
    notes_range: float | None  # semitones from the 10th to the 90th percentile of the held frames
    beat: float | None  # how well the onsets fall on a regular beat, 0 to 1
    beat_period_s: float | None


@dataclass(frozen=True)
class SoundRule:
    """What counts as a held note and as sound."""

    note_frames: int = 9  # 0.36 s: longer than most spoken vowels, on which pitch also glides
    note_heard: int = 7  # of them must have the pitch; a drum beside the voice hides some
    note_semitones: float = 0.5  # off the note, vibrato and all, on either side
    quiet_dbfs: float = -50.0  # below which a frame has no sound ...
    quiet_below_db: float = 30.0  # ... nor so far below the clip's loud frames
    least_onsets: int = 6  # fewer make no beat


def measure_sound(
    pitch: np.ndarray | None, loudness: np.ndarray | None, onsets: np.ndarray | None, rule: SoundRule
) -> Sound:
    """pitch: (T, 2) the column `audio_pitch`; loudness: (T, 1); onsets: (N,) seconds."""
    voiced = held = notes_range = None
    if pitch is not None and len(pitch):
        pitch_hz = np.asarray(pitch, float)[:, 0]
        voiced = _voiced(pitch_hz, loudness, rule)
        held, notes_range = held_notes(pitch_hz, rule)
    beat, period_s = (None, None) if onsets is None else steady_beat(np.asarray(onsets, float), rule)
    return Sound(voiced, held, notes_range, beat, period_s)


def held_notes(pitch_hz: np.ndarray, rule: SoundRule) -> tuple[float, float]:
    """Fraction of the frames with a pitch that lie on held notes, and the range of these notes in semitones.

    pitch_hz: (T,), NaN where unvoiced. A held note is a stretch of `note_frames` of which `note_heard` lie within
    `note_semitones` of their median. 0 and 0 without one.
    """
    voiced = np.isfinite(pitch_hz) & (pitch_hz > 0)
    semitones = np.where(voiced, 12 * np.log2(np.where(voiced, pitch_hz, 1.0) / _REFERENCE_HZ), np.nan)
    held = _on_notes(semitones, rule)
    if not held.any():
        return 0.0, 0.0
    low, high = np.percentile(semitones[held], [10, 90])
    return float(held.sum() / voiced.sum()), float(high - low)


def _on_notes(semitones: np.ndarray, rule: SoundRule) -> np.ndarray:
    """(T,) bool of (T,) semitones, NaN where unvoiced."""
    held = np.zeros(len(semitones), bool)
    if len(semitones) < rule.note_frames:
        return held
    stretches = np.lib.stride_tricks.sliding_window_view(semitones, rule.note_frames)
    starts = np.flatnonzero(np.isfinite(stretches).sum(axis=1) >= rule.note_heard)
    chosen = stretches[starts]
    if not len(chosen):
        return held
    on_note = np.abs(chosen - np.nanmedian(chosen, axis=1, keepdims=True)) <= rule.note_semitones
    on_note &= on_note.sum(axis=1, keepdims=True) >= rule.note_heard
    held[(starts[:, None] + np.arange(rule.note_frames))[on_note]] = True
    return held


def steady_beat(onsets_s: np.ndarray, rule: SoundRule) -> tuple[float, float | None]:
    """How much better the onsets fall on one regular beat than chance has it, 0 to 1, and its period in seconds.

    Onsets are put on a circle that a period goes once around; the length of their mean, at the period where it is
    longest, is 1 for a perfect beat and about sqrt(ln(n) / n) for n random ones.
    """
    if len(onsets_s) < rule.least_onsets:
        return 0.0, None
    turns = np.exp(2j * np.pi * onsets_s[None, :] / _BEAT_PERIODS_S[:, None])
    lengths = np.abs(turns.mean(axis=1))
    best = int(lengths.argmax())
    chance = np.sqrt(np.log(len(_BEAT_PERIODS_S)) / len(onsets_s))
    strength = (lengths[best] - chance) / (1 - chance) if chance < 1 else 0.0
    return float(max(strength, 0.0)), float(_BEAT_PERIODS_S[best])


def _voiced(pitch_hz: np.ndarray, loudness: np.ndarray | None, rule: SoundRule) -> float:
    """Of the frames with sound; of all where nobody measured how loud they are."""
    heard = np.ones(len(pitch_hz), bool)
    if loudness is not None and len(loudness) == len(pitch_hz):
        levels = np.asarray(loudness, float)[:, 0]
        heard = levels > max(rule.quiet_dbfs, np.percentile(levels, 95) - rule.quiet_below_db)
    return float((np.isfinite(pitch_hz) & heard).sum() / max(heard.sum(), CLIP_RATE_HZ))
