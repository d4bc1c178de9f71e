"""Which clips of a run are drawn, in what order, and what is said where there is nothing to draw."""

import re

import pytest

from datasets.lake import Lake
from flows.ledger import NoCounts, RunRecord
from flows.run_page import contact_sheets as module
from flows.run_page.contact_sheets import MOST_CLIPS, contact_sheets, sheets_markdown
from flows.run_page.publish import Artifact, Page
from tests.flows.report.conftest import fill

OF_R1 = "hands_src.run_id = 'r1'"


def piece(lake: Lake, run_id: str) -> Artifact:
    made = contact_sheets("hands_src.run_id")(Page(lake, {}, RunRecord(run_id, NoCounts())))
    assert made is not None
    return made


def test_the_run_s_clips_are_drawn_with_a_caption_each(small_lake):
    artifact = piece(small_lake, "r1")
    assert (artifact.key, artifact.is_empty) == ("contact-sheets", False)
    assert artifact.content.startswith("2 of the 2 clips of this run")
    captions = re.findall(r"^\*\*.*", artifact.content, re.M)
    told = "kept, confidence left 0.75 and right not measured, doubt 0.25"
    assert sorted(captions) == [f"**talk.mp4** 0.0 to 2.4 s, {told}", f"**talk.mp4** 5.0 to 7.4 s, {told}"]
    assert artifact.content.count('<img src="data:image/webp;base64,') == 2 * (4 + 1)
    assert 'alt="at 0.28 s: left measured 0.75, right none"' in artifact.content


def test_a_run_that_made_no_clip_says_so(small_lake):
    artifact = piece(small_lake, "another")
    assert (artifact.content, artifact.is_empty) == (
        "No pictures: this run made no clip that could be drawn.",
        True,
    )


def test_drawing_that_fails_is_a_sentence_and_no_exception(small_lake, monkeypatch):
    def fail(*given):
        raise ValueError("odd <pixels>")

    monkeypatch.setattr(module, "make_sheet", fail)
    assert piece(small_lake, "r1").content == (
        "No pictures: drawing them failed with ValueError: odd &lt;pixels&gt;."
    )


@pytest.mark.parametrize("limit", [{"most_s": 0.0}, {"most_characters": 40_000}])
def test_the_limits_of_time_and_size_are_kept(small_lake, limit):
    first, *drawn = sheets_markdown(small_lake, OF_R1, seed="r1", **limit)
    assert first.startswith("1 of the 2 clips")
    assert len(drawn) == 1
    assert len(drawn[0]) <= 40_000


@pytest.fixture
def many(tmp_path) -> Lake:
    """Forty kept clips whose doubt falls from 1 with their start, and five that are filtered, without media."""
    lake = Lake.open(tmp_path / "lake", create=True)
    rows = [
        {
            "clip_id": f"{i:032d}",
            "video_id": "v",
            "start_s": float(i),
            "end_s": i + 0.5,
            "n_frames": 2,
            "run_id": "r1" if i < 45 else "r2",
            "keep": i < 40,
            "reason": None if i < 40 else "hands_hidden",
            "hands_confidence": [[i / 40, i / 40]] * 2,
            "hands_valid": [[1, 1]] * 2,
        }
        for i in range(60)
    ]
    fill(lake, "videos", [{"video_id": "v", "uri": "https://ann:secret@host/talk.mp4", "status": "ingested"}])
    fill(lake, "clips", rows)
    return lake


def test_the_most_doubtful_come_first_then_others_and_filtered_ones_with_their_reason(many):
    first, *drawn = sheets_markdown(many, "run_id = 'r1'", seed="r1")
    assert first.startswith(f"{MOST_CLIPS} of the 45 clips")
    starts = [
        int(float(start)) for text in drawn for start in re.findall(r"^\*\*talk.mp4\*\* (\S+) to", text)
    ]
    assert len(starts) == MOST_CLIPS
    assert starts[:4] == [0, 1, 2, 3]
    kept = [start for start in starts if start < 40]
    assert kept == sorted(kept)
    assert len([start for start in starts if 40 <= start < 45]) == 5
    assert "filtered: hands hidden" in drawn[-1]
    assert list(sheets_markdown(many, "run_id = 'r1'", seed="r1"))[1:] == drawn
    assert "secret" not in "".join(drawn)


def test_of_a_large_run_only_some_clips_are_looked_at(many, monkeypatch):
    monkeypatch.setattr(module, "_CANDIDATES", 10)
    first, *drawn = sheets_markdown(many, "run_id = 'r1' AND keep", seed="r1")
    assert first.startswith("10 of the 40 clips")
    assert len(drawn) == 10
