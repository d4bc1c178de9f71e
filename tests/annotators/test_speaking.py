"""Who is kept for what is heard and seen, and what a second judgement changes (annotators.speaking)."""

from tempfile import TemporaryDirectory

import lance
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotators.speaking import (
    JUDGED_BY,
    SpeakingThresholds,
    judged_again,
    not_speaking_sql,
    why_not_speaking,
)
from datasets.reasons import FILTER_REASONS, Reason
from datasets.schema import CLIPS

BOUNDS = SpeakingThresholds(min_speaker_score=0.25, max_voices=1)
STILL_MOUTH = {"speaker_score": 0.2, "speech_ratio": 0.6}


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({}, True),  # nothing is known
        ({"speaker_score": None}, True),
        ({"speaker_score": 0.25}, True),  # at the bound
        (STILL_MOUTH, False),
        ({"speaker_score": 0.2}, False),  # nobody looked for voices
        (STILL_MOUTH | {"speech_ratio": 0.0}, True),  # nobody is heard: music
        (STILL_MOUTH | {"style_told": "gesture_dance"}, True),
        (STILL_MOUTH | {"style_told": "speaking"}, False),
        ({"speaker_score": 0.9, "speaker_voices": 1}, True),
        ({"speaker_score": 0.9, "speaker_voices": 2}, False),
        ({"speaker_voices": None}, True),
    ],
)
def test_a_clip_is_left_out_only_for_what_is_known_of_it(columns, kept):
    assert (why_not_speaking(columns, BOUNDS) is None) == kept


def test_the_sentence_says_which_bound_was_missed():
    assert why_not_speaking(STILL_MOUTH, BOUNDS) == (
        "somebody is heard, and the mouth moves with it by 0.20 of at least 0.25"
    )
    assert why_not_speaking({"speaker_score": 0.2}, BOUNDS) == (
        "there is sound, and the mouth moves with it by 0.20 of at least 0.25"
    )
    assert why_not_speaking({"speaker_voices": 3}, BOUNDS) == "3 voices are heard, of at most 1"


@settings(max_examples=20)
@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.floats(0, 1, width=32),
            st.none() | st.integers(0, 3),
            st.none() | st.sampled_from([0.0, 0.5]),
            st.none() | st.sampled_from(["speaking", "gesture_dance"]),
        ),
        min_size=1,
        max_size=30,
    ),
    score=st.floats(0, 1),
    voices=st.none() | st.integers(1, 3),
)
@example(rows=[(float(np.float32(0.7)), None, None, None)], score=0.7, voices=None)
def test_a_table_is_judged_in_sql_as_its_rows_are(rows, score, voices):
    bounds = SpeakingThresholds(min_speaker_score=score, max_voices=voices)
    values = [dict(zip(JUDGED_BY, row, strict=True)) for row in rows]
    schema = pa.schema([CLIPS.field(name) for name in JUDGED_BY])
    with TemporaryDirectory() as folder:
        table = lance.write_dataset(pa.Table.from_pylist(values, schema=schema), folder)
        said = table.to_table(columns={"out": not_speaking_sql(bounds)})["out"].to_pylist()
    assert said == [why_not_speaking(row, bounds) is not None for row in values]


def test_by_default_voices_do_not_count_and_a_bound_of_0_lets_everybody_pass():
    assert why_not_speaking({"speaker_voices": 9}, SpeakingThresholds()) is None
    off = SpeakingThresholds(min_speaker_score=0)
    assert why_not_speaking({"speaker_score": 0.0, "speech_ratio": 1.0}, off) is None
    assert why_not_speaking({"speaker_score": 0.0, "speech_ratio": 1.0}, SpeakingThresholds()) is not None


def test_a_filter_not_a_quarantine():
    assert Reason.NOT_SPEAKING in FILTER_REASONS


@pytest.mark.parametrize(
    ("old", "columns", "new"),
    [
        ((True, None, None), {"speaker_score": 0.9}, (True, None, None)),
        (
            (True, None, None),
            STILL_MOUTH,
            (
                False,
                "not_speaking",
                "somebody is heard, and the mouth moves with it by 0.20 of at least 0.25",
            ),
        ),
        ((False, "not_speaking", "older"), {"speaker_score": 0.9}, (True, None, None)),
        ((False, "blurred", "soft"), {"speaker_score": 0.9}, (False, "blurred", "soft")),
        ((None, None, None), STILL_MOUTH, (None, None, None)),
    ],
)
def test_a_second_judgement_undoes_the_first_and_no_other(old, columns, new):
    assert judged_again(old, columns, BOUNDS) == new


@given(score=st.none() | st.floats(0, 1), lower=st.floats(0, 1), higher=st.floats(0, 1))
def test_a_higher_bound_never_keeps_what_a_lower_one_left_out(score, lower, higher):
    lower, higher = sorted((lower, higher))
    columns = {"speaker_score": score}
    kept = [
        why_not_speaking(columns, SpeakingThresholds(min_speaker_score=b)) is None for b in (lower, higher)
    ]
    assert kept[0] or not kept[1]


@given(voices=st.integers(0, 5), score=st.floats(0, 1))
def test_judging_twice_is_judging_once(voices, score):
    columns = {"speaker_score": score, "speaker_voices": voices}
    once = judged_again((True, None, None), columns, BOUNDS)
    assert judged_again(once, columns, BOUNDS) == once
