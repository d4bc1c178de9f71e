"""The rule on clips whose style is known; docs/style.md has the figures of sixty of each kind."""

from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest

from annotators.annotator import Clip
from annotators.style import StyleAnnotator
from tests.annotators.style.clips import KINDS, heard, style_clip

SEEDS = range(8)


def columns_of(kind: str) -> list[dict]:
    return [style_clip(kind, seed)[1] for seed in SEEDS]


def guesses(columns: list[dict]) -> Counter[str | None]:
    return Counter(StyleAnnotator().annotate(list(map(a_clip, columns)))["style_guess"].to_pylist())


def a_clip(columns: dict) -> Clip:
    return Clip("a", np.empty((0, 1, 1, 3), np.uint8), None, columns, stored_frames=250)


@pytest.mark.parametrize("kind", ["talk", "talk over music", "song", "dance"])
def test_what_is_plain_is_told_apart_whether_or_not_a_speech_annotator_listened(kind):
    columns = columns_of(kind)
    assert guesses(columns) == {KINDS[kind][0]: len(SEEDS)}
    assert guesses([each | {"speech_ratio": None} for each in columns]) == {KINDS[kind][0]: len(SEEDS)}


@pytest.mark.parametrize("kind", ["song with a band", "dance to a song"])
def test_what_sounds_together_is_told_apart_mostly(kind):
    assert guesses(columns_of(kind))[KINDS[kind][0]] >= len(SEEDS) - 2


def test_music_over_still_hands_is_no_style():
    assert guesses(columns_of("music, still hands")) == {None: len(SEEDS)}


def test_a_clip_of_which_nothing_is_known_has_no_style():
    rows = StyleAnnotator().annotate([a_clip({}), a_clip({"audio_pitch": None, "motion_sums": None})])
    assert rows.to_pylist() == 2 * [{"style_guess": None, "style_score": None}]


@pytest.mark.parametrize(
    "name", ["speech/jfk.flac", "speech/librispeech_61-70968-0000.flac", "speech/two_speakers.wav"]
)
def test_recorded_speech_is_speaking(media, name):
    sound = samples(media / name)
    for start in range(0, max(len(sound) - 48_000, 1), 160_000):
        (row,) = StyleAnnotator().annotate([a_clip(heard(sound[start : start + 160_000]))]).to_pylist()
        assert row["style_guess"] == "speaking"


def samples(path: Path) -> np.ndarray:
    """(S,) mono at 16 kHz."""
    with av.open(str(path)) as file:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
        frames = [each for frame in file.decode(audio=0) for each in resampler.resample(frame)]
        return np.concatenate([each.to_ndarray()[0] for each in (*frames, *resampler.resample(None))])
