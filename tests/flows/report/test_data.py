from datetime import UTC, datetime

import lance
import numpy as np
import pytest

from datasets.schema import SLOTS
from flows.clip_labels import read_labels
from flows.report.data import AnnotatorUse, Quarantined, gather
from tests.flows.report.conftest import FRAMES, HOSTILE, fill, known_labels


def test_counts_are_those_of_the_lake(small_lake):
    overview = gather(small_lake, max_clips=10).overview
    assert overview.videos == {"total": 2, "ingested": 1, "quarantined": 1, "forgotten": 0}
    assert overview.clips == {"total": 4, "kept": 2, "filtered": 1, "quarantined": 1}
    assert overview.versions == small_lake.versions()
    status = small_lake.status()
    assert (overview.videos, overview.clips) == (status["videos"], status["clips"])


def test_hours_are_those_of_the_spans(small_lake):
    overview = gather(small_lake, max_clips=10).overview
    assert overview.hours_kept == pytest.approx(2 * 2.4 / 3600)
    assert overview.hours_measured == pytest.approx((2 * 2.4 + 1) / 3600)


def test_annotators_are_told_apart_by_version_and_unlabelled_clips_are_counted(small_lake):
    uses = gather(small_lake, max_clips=10).overview.annotators
    assert AnnotatorUse("hands", "hands", "3", "cafe", 2) in uses
    assert AnnotatorUse("hands", None, None, None, 2) in uses
    assert AnnotatorUse("speech", None, None, None, 4) in uses
    assert len(uses) == len(SLOTS) + 1  # one slot in two states


def test_the_quarantine_names_videos_then_clips(small_lake):
    assert gather(small_lake, max_clips=10).overview.quarantined == (
        Quarantined(HOSTILE, None, "timeout", "<b>late</b>"),
        Quarantined("/raw/talk.mp4", (30.0, 34.0), "encode_error", "99 frames"),
    )


def test_confidence_is_the_mean_over_measured_frames_and_nan_where_none_is(small_lake):
    measured = gather(small_lake, max_clips=10).overview.distributions
    labelled = measured.state == "kept"
    np.testing.assert_allclose(measured.confidence[labelled], [[0.75, np.nan]] * 2)
    np.testing.assert_allclose(measured.measured[labelled], [[1, 0]] * 2)
    assert np.isnan(measured.confidence[~labelled]).all()
    np.testing.assert_allclose(measured.speed[labelled], [[0.5, np.nan], [0.5, np.nan]])


def test_drawn_clips_carry_their_labels_and_media(small_lake, clip_mp4):
    data = gather(small_lake, max_clips=10)
    clips = list(data.clips())
    assert [clip.row for clip in clips] == list(data.rows)
    assert [clip.row.start_s for clip in clips] == [0.0, 5.0, 20.0]
    assert clips[0].mp4 == clip_mp4
    assert clips[2].mp4 is None
    assert clips[2].reference
    stored, known = clips[0].labels, known_labels()
    assert stored.hands_keypoints.shape == (FRAMES, 84)
    np.testing.assert_allclose(stored.hands_keypoints, known.hands_keypoints, atol=5e-4)
    np.testing.assert_array_equal(stored.hands_valid, known.hands_valid)
    assert stored.hands_model == clips[0].row.hands_model == "neutral"
    assert stored.hands_others == 7
    assert clips[2].labels.hands_keypoints is None


def test_no_more_clips_are_drawn_than_asked_for(small_lake):
    data = gather(small_lake, max_clips=2)
    assert [row.state for row in data.rows] == ["kept", "filtered"]
    assert len(list(data.clips())) == 2


def test_an_empty_lake_gives_zeros(empty_lake):
    data = gather(empty_lake, max_clips=10)
    assert data.overview.clips == {"total": 0, "kept": 0, "filtered": 0, "quarantined": 0}
    assert data.overview.annotators == ()
    assert list(data.clips()) == []


def test_rows_that_hold_nulls_are_counted_and_drawn(empty_lake):
    fill(empty_lake, "clips", [{"clip_id": "x"}, {"clip_id": "y", "video_id": "gone", "keep": True}])
    fill(empty_lake, "runs", [{"run_id": "r", "counts": "[broken", "params": "3"}])
    data = gather(empty_lake, max_clips=10)
    assert data.overview.clips == {"total": 2, "kept": 1, "filtered": 1, "quarantined": 0}
    assert data.overview.runs[0].counts == {}
    assert [row.uri for row in data.rows] == ["", "gone"]
    assert [clip.mp4 for clip in data.clips()] == [None, None]


def test_newest_runs_come_first(empty_lake):
    runs = [{"run_id": str(day), "started_at": datetime(2026, 1, day, tzinfo=UTC)} for day in (2, 9, 5)]
    fill(empty_lake, "runs", [{"run_id": "never"}, *runs])
    assert [run.run_id for run in gather(empty_lake, max_clips=1).overview.runs] == ["9", "5", "2", "never"]


def test_the_most_doubtful_clip_comes_first_and_those_without_labels_last(empty_lake):
    def clip(name: str, start_s: float, confidence: float | None) -> dict[str, object]:
        labels = (
            {}
            if confidence is None
            else {
                "hands_confidence": [np.array([confidence, 0.0], np.float16)] * 4,
                "hands_valid": [[1, 0]] * 4,
            }
        )
        return {"clip_id": name, "video_id": "v", "keep": True, "start_s": start_s, **labels}

    fill(
        empty_lake,
        "clips",
        [clip("bare", 0, None), clip("sure", 1, 0.9), clip("bad", 2, 0.2), clip("so", 3, 0.5)],
    )
    data = gather(empty_lake, max_clips=10)
    assert [row.clip_id for row in data.rows] == ["bad", "so", "sure", "bare"]
    assert gather(empty_lake, max_clips=2).rows[0].clip_id == "bad"


def test_columns_that_an_older_lake_lacks_read_as_null(small_lake):
    table = small_lake.table("clips")
    held = [
        name for name in table.schema.names if name not in ("hands_others", "hands_std", "hands_calibration")
    ]
    older = lance.write_dataset(table.to_table(columns=held), "memory://older")
    labels = read_labels(older, ["a" * 32])["a" * 32]
    assert (labels.hands_others, labels.hands_calibration) == (None, None)
    np.testing.assert_allclose(labels.hands_confidence[:, 0], 0.75)
