from collections import Counter

import pytest

from flows.accounting import AccountingError, Counts

WHOLE = Counts(
    videos=3,
    videos_ingested=1,
    videos_known=1,
    videos_quarantined=1,
    clips=4,
    clips_kept=2,
    clips_filtered=1,
    clips_quarantined=1,
    reasons=Counter(blurred=1, decode_error=1, unreadable=1),
)


def test_counts_that_add_up_pass():
    WHOLE.check()


def test_a_lost_video_fails_loudly():
    with pytest.raises(AccountingError, match="4 videos went in and 3 came out"):
        (WHOLE + Counts(videos=1)).check()


def test_a_clip_counted_twice_fails_loudly():
    with pytest.raises(AccountingError, match="4 clips were cut and 5 came out"):
        (WHOLE + Counts(clips_kept=1)).check()


def test_adding_sums_every_field_and_every_reason():
    double = WHOLE + WHOLE
    assert (double.videos, double.clips_kept, double.reasons["blurred"]) == (6, 4, 2)


def test_the_sentence_tells_each_outcome():
    assert WHOLE.sentence() == (
        "3 videos: 1 ingested, 1 already known, 1 quarantined; 4 clips: 2 kept, 1 filtered, 1 quarantined"
    )
