"""The speaker slot from columns alone."""

import numpy as np
import pytest

from annotators.annotator import Clip
from annotators.speaker import SpeakerAnnotator
from tests.annotators.speaker.voices import speaking


def row(**columns) -> dict:
    """The slot of one clip with these columns."""
    frames = len(next((value for value in columns.values() if isinstance(value, np.ndarray)), ()))
    clip = Clip("clip", np.empty((0, 704, 512, 3), np.uint8), columns=columns, stored_frames=frames)
    return SpeakerAnnotator().annotate([clip]).to_pylist()[0]


def columns(mouth: np.ndarray, loudness: np.ndarray) -> dict[str, np.ndarray]:
    """As they are stored: half floats, the mouth's width beside its gap."""
    width = np.where(np.isnan(mouth), np.nan, 0.3)
    return {
        "face_mouth": np.stack([mouth, width], axis=1).astype(np.float16),
        "audio_loudness": loudness[:, None].astype(np.float16),
    }


UNKNOWN = {"speaker_score": None, "speaker_correlation": None, "speaker_lag_s": None, "speaker_voices": None}


def test_one_who_speaks_is_told_from_one_who_is_dubbed():
    (mouth, own), (_, another) = speaking(1, 8), speaking(2, 8)
    spoken, dubbed = row(**columns(mouth, own)), row(**columns(mouth, another))
    assert spoken["speaker_score"] > 0.95
    assert dubbed["speaker_score"] < 0.2
    assert spoken["speaker_correlation"] > 0.6
    assert abs(spoken["speaker_lag_s"]) <= 0.08


def test_a_mouth_that_rests_while_somebody_speaks_scores_low():
    _, loudness = speaking(1, 8)
    assert row(**columns(np.full(200, 0.02), loudness))["speaker_score"] < 0.1


def test_sound_that_comes_late_has_a_positive_lag():
    mouth, loudness = speaking(1, 8)
    on_time, late = row(**columns(mouth, loudness)), row(**columns(mouth[4:], loudness[:-4]))
    assert late["speaker_lag_s"] - on_time["speaker_lag_s"] == pytest.approx(0.16, abs=0.041)


def test_without_face_or_sound_there_is_nothing_to_say():
    mouth, loudness = speaking(1, 4)
    whole = columns(mouth, loudness)
    assert row() == UNKNOWN
    assert row(face_mouth=whole["face_mouth"]) == UNKNOWN
    assert row(audio_loudness=whole["audio_loudness"], face_mouth=None) == UNKNOWN
    assert row(**columns(np.full(100, np.nan), loudness)) == UNKNOWN
    assert row(**columns(mouth, np.full(100, -90.0))) == UNKNOWN


def test_a_face_in_less_than_a_tenth_of_the_frames_says_nothing():
    mouth, loudness = speaking(1, 12)
    mouth[28:] = np.nan
    assert row(**columns(mouth, loudness)) == UNKNOWN
    mouth[:60] = speaking(1, 12)[0][:60]
    assert row(**columns(mouth, loudness))["speaker_score"] is not None


def test_voices_are_those_that_were_counted():
    mouth, loudness = speaking(1, 4)
    assert row(**columns(mouth, loudness), speech_voices=2)["speaker_voices"] == 2
    assert row(speech_voices=3) == UNKNOWN | {"speaker_voices": 3}
    assert row(**columns(mouth, loudness), speech_voices=None)["speaker_voices"] is None
