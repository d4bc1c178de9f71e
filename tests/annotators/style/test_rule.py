import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.style.motion import Motion
from annotators.style.rule import StyleRule, weigh
from annotators.style.sound import Sound

RULE = StyleRule()
VOICE = Sound(voiced=0.7, held=0.1, notes_range=0.3, beat=0.1, beat_period_s=0.4)
SONG = Sound(voiced=0.9, held=0.8, notes_range=7.0, beat=0.9, beat_period_s=0.5)
MUSIC = Sound(voiced=0.1, held=0.0, notes_range=0.0, beat=0.9, beat_period_s=0.5)
NO_SOUND = Sound(None, None, None, None, None)
TALK, DANCE, STILL = Motion(0.3, 0.2, 2.0), Motion(1.0, 0.9, 1.0), Motion(0.1, 0.1, None)
NO_HANDS = Motion(None, None, None)


def style(sound: Sound, motion: Motion, speech_ratio: float | None = None) -> str | None:
    return weigh(sound, motion, speech_ratio, RULE).style(RULE)[0]


@pytest.mark.parametrize(
    ("sound", "motion", "speech_ratio", "expected"),
    [
        (VOICE, TALK, None, "speaking"),
        (VOICE, NO_HANDS, 0.8, "speaking"),
        (SONG, STILL, 0.8, "singing"),
        (SONG, NO_HANDS, None, "singing"),
        (MUSIC, DANCE, 0.0, "gesture_dance"),
        (MUSIC, DANCE, None, "gesture_dance"),
        (NO_SOUND, DANCE, None, "gesture_dance"),
        (SONG, DANCE, 0.8, "gesture_dance"),  # to a song
        (VOICE, DANCE, 0.8, "speaking"),  # large gestures, off any beat
        (SONG, STILL, 0.0, None),  # an instrument holds the notes
        (MUSIC, STILL, 0.0, None),
        (NO_SOUND, STILL, None, None),
        (NO_SOUND, NO_HANDS, None, None),
    ],
)
def test_the_rule_in_cases(sound, motion, speech_ratio, expected):
    assert style(sound, motion, speech_ratio) == expected


def test_a_hum_on_one_note_is_no_song():
    assert style(dataclasses.replace(SONG, notes_range=0.2), STILL, 0.8) == "speaking"


def test_a_dance_off_the_beat_is_less_of_one():
    on, off = (weigh(MUSIC, dataclasses.replace(DANCE, period_s=period), 0.0, RULE) for period in (1.0, 1.2))
    assert (on.gesture_dance, off.gesture_dance) == pytest.approx((1.0, 0.6))


def test_words_off_the_beat_take_most_of_a_dance_away_and_words_to_a_beat_nothing():
    assert weigh(VOICE, DANCE, 0.8, RULE).gesture_dance == pytest.approx(0.6 * 0.2)
    assert weigh(dataclasses.replace(MUSIC, voiced=0.7), DANCE, 0.8, RULE).gesture_dance == pytest.approx(1.0)


def test_the_score_is_the_lead_over_the_next():
    found = weigh(SONG, DANCE, 0.8, RULE)
    assert found.style(RULE) == ("gesture_dance", pytest.approx(1.0 - 0.4))
    assert weigh(NO_SOUND, NO_HANDS, None, RULE).style(RULE) == (None, None)


known = st.none() | st.floats(0, 1)


@given(st.builds(Sound, known, known, st.none() | st.floats(0, 30), known, st.none() | st.floats(0.2, 1.2)))
def test_evidence_and_score_lie_between_0_and_1(sound):
    for motion in (TALK, DANCE, NO_HANDS):
        for ratio in (None, 0.0, 0.2, 1.0):
            found = weigh(sound, motion, ratio, RULE)
            assert all(0 <= value <= 1 for value in dataclasses.astuple(found))
            style_found, score = found.style(RULE)
            assert (style_found is None) == (score is None)
            assert score is None or 0 <= score <= 1
