"""What is quarantined, and how it is chosen (datasets.quarantine)."""

import pytest

from datasets.lake import Lake, LakeError
from datasets.quarantine import quarantined
from datasets.rows import table_of

VIDEOS = [
    {"video_id": "v1", "uri": "/a.mp4", "status": "ingested", "dataset": "own", "run_id": "r1"},
    {"video_id": "v2", "uri": "/b.mp4", "status": "quarantined", "reason": "timeout", "run_id": "r1"},
    {"video_id": "v3", "uri": "/c.mp4", "status": "quarantined", "reason": "missing", "run_id": "r2"},
    {"video_id": "v4", "status": "forgotten"},
]
CLIPS = [
    {"clip_id": "c1", "video_id": "v1", "keep": True},
    {"clip_id": "c2", "video_id": "v1", "keep": False, "reason": "blurred"},
    {"clip_id": "c3", "video_id": "v1", "keep": False, "reason": "decode_error", "detail": "no frame 7"},
]


@pytest.fixture
def lake(tmp_path) -> Lake:
    lake = Lake.open(tmp_path / "lake", create=True)
    lake.upsert("videos", table_of("videos", VIDEOS), on="video_id")
    lake.append("clips", lake.write_fragments("clips", table_of("clips", CLIPS)))
    return lake


def test_videos_and_clips_are_listed_and_filtered_ones_are_not(lake):
    assert [(row.kind, row.id) for row in quarantined(lake)] == [
        ("video", "v2"),
        ("video", "v3"),
        ("clip", "c3"),
    ]


def test_a_clip_comes_with_its_video_and_why(lake):
    (clip,) = quarantined(lake, reasons=["decode_error"])
    assert (clip.video_id, clip.uri, clip.detail) == ("v1", "/a.mp4", "no frame 7")


def test_sql_over_videos_chooses_clips_too(lake):
    assert [row.id for row in quarantined(lake, where="dataset = 'own'")] == ["c3"]


def test_a_reason_that_is_none_of_quarantine_is_named(lake):
    with pytest.raises(LakeError, match="'blurred' is no reason of quarantine: give one of changed, crashed"):
        quarantined(lake, reasons=["blurred"])


def test_sql_that_cannot_be_read_is_named(lake):
    with pytest.raises(LakeError, match=r"--where 'speeker = 1' is no SQL over the table videos.*speeker"):
        quarantined(lake, where="speeker = 1")
