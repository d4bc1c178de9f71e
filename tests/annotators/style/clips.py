"""Clips whose style is known, as the columns of motion, audio and speech."""

from collections.abc import Callable
from typing import Any

import numpy as np

from annotators.audio.loudness import loudness_dbfs
from annotators.audio.onsets import OnsetParams, onsets_s
from annotators.audio.pitch import PitchParams, pitch
from datasets.frame import AUDIO_RATE_HZ, CLIP_RATE_HZ
from tests.annotators.style.hands import dancing, gesturing, still, swaying
from tests.annotators.style.sounds import beaten, spoken, sung

SECONDS = 10.0
_HEARD_DBFS = -45.0  # of a voice by itself, for what a speech annotator would call a voice

Columns = dict[str, Any]


def heard(sound: np.ndarray) -> Columns:
    """The audio columns of (S,) samples, as an annotator stores them."""
    frames = len(sound) * CLIP_RATE_HZ // AUDIO_RATE_HZ
    samples = sound[: frames * AUDIO_RATE_HZ // CLIP_RATE_HZ].astype(np.float32)
    return {
        "audio_pitch": pitch(samples, frames, PitchParams()).astype(np.float16),
        "audio_loudness": loudness_dbfs(samples, frames)[:, None].astype(np.float16),
        "audio_onsets": onsets_s(samples, OnsetParams()).astype(np.float32).tolist(),
    }


def _talk(random: np.random.Generator) -> Columns:
    return _clip(spoken(SECONDS, random), None, gesturing(SECONDS, random))


def _talk_over_music(random: np.random.Generator) -> Columns:
    music = 0.25 * beaten(SECONDS, random.uniform(0.4, 0.7), random)
    return _clip(spoken(SECONDS, random), music, gesturing(SECONDS, random))


def _song(random: np.random.Generator) -> Columns:
    return _clip(sung(SECONDS, random), None, _singers_hands(random))


def _song_with_band(random: np.random.Generator) -> Columns:
    music = 0.3 * beaten(SECONDS, random.uniform(0.4, 0.7), random)
    return _clip(sung(SECONDS, random), music, _singers_hands(random))


def _dance(random: np.random.Generator) -> Columns:
    beat_s = random.uniform(0.4, 0.7)
    return _clip(None, beaten(SECONDS, beat_s, random), dancing(SECONDS, beat_s, random))


def _dance_to_song(random: np.random.Generator) -> Columns:
    beat_s = random.uniform(0.4, 0.7)
    band = beaten(SECONDS, beat_s, random)
    return _clip(0.8 * sung(SECONDS, random), band, dancing(SECONDS, beat_s, random))


def _music_alone(random: np.random.Generator) -> Columns:
    return _clip(None, beaten(SECONDS, random.uniform(0.4, 0.7), random), still(SECONDS, random))


# What is shown, its style (None: none of them), and the clip.
KINDS: dict[str, tuple[str | None, Callable[[np.random.Generator], Columns]]] = {
    "talk": ("speaking", _talk),
    "talk over music": ("speaking", _talk_over_music),
    "song": ("singing", _song),
    "song with a band": ("singing", _song_with_band),
    "dance": ("gesture_dance", _dance),
    "dance to a song": ("gesture_dance", _dance_to_song),
    "music, still hands": (None, _music_alone),
}


def style_clip(kind: str, seed: int) -> tuple[str | None, Columns]:
    """The style, and the columns with those of a speech annotator that hears every voice."""
    style, make = KINDS[kind]
    return style, make(np.random.default_rng([seed, list(KINDS).index(kind)]))


def _clip(voice: np.ndarray | None, music: np.ndarray | None, motion: np.ndarray) -> Columns:
    parts = [part for part in (voice, music) if part is not None]
    return {**heard(np.sum(parts, axis=0)), "motion_sums": motion, "speech_ratio": _voice_ratio(voice)}


def _singers_hands(random: np.random.Generator) -> np.ndarray:
    """Half of them sway, half gesture."""
    return (swaying if random.random() < 0.5 else gesturing)(SECONDS, random)


def _voice_ratio(voice: np.ndarray | None) -> float:
    """Gaps of less than 0.2 s between sounds belong to the voice."""
    if voice is None:
        return 0.0
    frames = len(voice) * CLIP_RATE_HZ // AUDIO_RATE_HZ
    sounding = loudness_dbfs(voice, frames) > _HEARD_DBFS
    return float((np.convolve(sounding, np.ones(5), "same") > 0).mean())
