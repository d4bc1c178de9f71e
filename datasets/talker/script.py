"""What happens when: the shots and how each opens, the phrases, the syllables, and which are beats."""

from dataclasses import dataclass

import numpy as np

MIN_SHOT_S = 2.0
_FADE_HALF_S = 0.48  # full picture to black
_SYLLABLE_RATE_HZ = 4.6  # of unhurried speech
_BEAT_GAP_S = 0.5  # gestures rarely stroke faster


@dataclass(frozen=True)
class Fade:
    """Through black: frames start..end are dimmed; the new shot begins at `black`, the middle of the dark."""

    start_frame: int
    end_frame: int
    black_frame: int


@dataclass(frozen=True)
class Syllable:
    """One voiced sound; it begins to sound at `start_s`."""

    start_s: float
    length_s: float
    pitch_hz: float
    loudness: float  # peak amplitude in 0..1
    vowel: int
    stressed: bool  # a beat


@dataclass(frozen=True)
class Script:
    """Everything that is decided before a picture is drawn."""

    n_frames: int
    rate_hz: float
    shot_starts: tuple[int, ...]  # first frame of each shot
    fades: tuple[Fade, ...]
    phrases: tuple[tuple[Syllable, ...], ...]

    @property
    def syllables(self) -> list[Syllable]:
        return [syllable for phrase in self.phrases for syllable in phrase]

    @property
    def beats_s(self) -> np.ndarray:
        """(B,) seconds at which stressed syllables begin."""
        return np.array([syllable.start_s for syllable in self.syllables if syllable.stressed])

    @property
    def cut_frames(self) -> np.ndarray:
        """(C,) first frames of the shots that open with a hard cut."""
        black = {fade.black_frame for fade in self.fades}
        return np.array([start for start in self.shot_starts[1:] if start not in black], int)

    def shot_of_frame(self) -> np.ndarray:
        """(T,) index of the shot each frame belongs to."""
        return np.searchsorted(self.shot_starts, np.arange(self.n_frames), side="right") - 1

    def brightness(self) -> np.ndarray:
        """(T,) 1 in full picture, 0 on the three black frames in the middle of a fade."""
        frames, brightness = np.arange(self.n_frames), np.ones(self.n_frames)
        for fade in self.fades:
            half = fade.end_frame - fade.black_frame
            ramp = (np.abs(frames - fade.black_frame) - 1) / (half - 1)
            brightness = np.minimum(brightness, np.clip(ramp, 0, 1))
        return brightness


def write_script(seconds: float, shots: int, rate_hz: float, random: np.random.Generator) -> Script:
    """Shots of at least two seconds, and speech; the second change, and every third after it, fades."""
    n_frames = round(seconds * rate_hz)
    starts = _shot_starts(n_frames, shots, rate_hz, random)
    half = max(round(_FADE_HALF_S * rate_hz), 3)
    fades = tuple(Fade(black - half + 1, black + half, black) for black in starts[2::3])
    return Script(n_frames, rate_hz, starts, fades, _phrases(seconds, random))


def _shot_starts(n_frames: int, shots: int, rate_hz: float, random: np.random.Generator) -> tuple[int, ...]:
    even = n_frames / shots
    play = max(even - np.ceil(MIN_SHOT_S * rate_hz) - 1, 0) / 2
    shifts = random.uniform(-play, play, shots - 1)
    return (0, *(round(even * (i + 1) + shift) for i, shift in enumerate(shifts)))


def _phrases(seconds: float, random: np.random.Generator) -> tuple[tuple[Syllable, ...], ...]:
    """Phrases of five to eleven syllables with pauses between; the last sound ends before the video does."""
    phrases, now = [], 0.5
    while now < seconds - 0.6:
        phrase, now = _phrase(now, seconds - 0.35, random)
        phrases.append(phrase)
        now += random.uniform(0.45, 1.0)
    return tuple(phrases)


def _phrase(
    start_s: float, limit_s: float, random: np.random.Generator
) -> tuple[tuple[Syllable, ...], float]:
    syllables: list[Syllable] = []
    now, last_beat = start_s, -np.inf
    pitch = random.uniform(115, 135)
    for _ in range(random.integers(5, 12)):
        stressed = now - last_beat > _BEAT_GAP_S
        length = random.uniform(0.19, 0.24) if stressed else random.uniform(0.11, 0.15)
        if now + length > limit_s:
            break
        last_beat = now if stressed else last_beat
        loudness = random.uniform(0.5, 0.6) if stressed else random.uniform(0.13, 0.2)
        height = pitch * (1.2 if stressed else 1.0)
        syllables.append(Syllable(now, length, height, loudness, int(random.integers(7)), stressed))
        now += length + random.uniform(0.3, 0.5) / _SYLLABLE_RATE_HZ
        pitch *= 0.985  # pitch falls through a phrase
    return tuple(syllables), now
