"""The page on which a training is approved: its figures on lakes of known rows."""

import base64
import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from annotators.registry import annotator_class
from datasets.lake import Lake
from datasets.snapshots.create import Choice, create_snapshot
from datasets.snapshots.diff import diff_snapshots
from datasets.snapshots.snapshot import Snapshot
from flows.run_page.snapshot_report import Proposal, figures, measured, report, stale_clips
from tests.datasets.lakes import clip, new_lake, put_clips, reannotate, source

UNTIL = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)


def talking(clip_id: str, video_id: str, confidence: float, speed: float, **columns: Any) -> dict[str, Any]:
    """A clip whose right hand is half as sure and twice as fast as its left one."""
    hands = {"hands_confidence": [[confidence, confidence / 2]] * 50, "hands_valid": [[1, 1]] * 50}
    motion = {"motion_speed": [speed, 2 * speed], "motion_variance": [speed**2, 4 * speed**2]}
    made = {"hands_src": source("hands", "1"), "motion_src": source("motion", "1")}
    return clip(clip_id, video_id, **hands, **motion, **made, **columns)


@pytest.fixture
def lake(tmp_path) -> Lake:
    lake = new_lake(tmp_path)
    put_clips(
        lake,
        talking("a1", "a", 0.82, 0.1),
        talking("a2", "a", 0.62, 0.2),
        talking("v1", "10", 0.97, 0.3, split="val"),
    )
    return lake


def proposal(second: Snapshot, first: Snapshot | None = None, *, can_launch: bool = True) -> Proposal:
    since = diff_snapshots(first, second) if first else None
    return Proposal(second, since, deployment="train/train", can_launch=can_launch, decide_until=UNTIL)


def test_only_the_chosen_clips_are_measured(lake):
    put_clips(lake, talking("b1", "b", 0.1, 9.0, keep=False))
    found = measured(create_snapshot(lake, "near", Choice(where="clip_id <> 'v1'")))
    np.testing.assert_allclose(found.confidence, [[0.82, 0.41], [0.62, 0.31]], atol=1e-3)
    np.testing.assert_allclose(found.speed, [[0.1, 0.2], [0.2, 0.4]], rtol=1e-6)


def test_three_histograms_stand_in_the_page_as_pictures(lake):
    text = report(proposal(create_snapshot(lake, "all", Choice())))
    images = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', text)
    labels = [label for _, label in images]
    assert labels == [
        "mean hand confidence (0 to 1): 6 hands",
        "wrist speed (m/s): 6 hands",
        "wrist variance (m²): 6 hands",
    ]
    confidence = ElementTree.fromstring(base64.b64decode(images[0][0]))
    bars = {
        (bar.get("class"), bar.get("data-bin")) for bar in confidence.iter("{http://www.w3.org/2000/svg}rect")
    }
    left, right = [("bar left", n) for n in ("12", "16", "19")], [("bar right", n) for n in ("6", "8", "9")]
    assert bars == {*left, *right}  # of 20 bins over 0 to 1


def test_the_first_snapshot_is_compared_with_nothing(lake):
    told = proposal(create_snapshot(lake, "all", Choice()))
    assert figures(told).startswith(
        "all: 3 clips, 0.0 h, of 2 videos and 0 named speakers; 2 train, 1 val, 0 test."
        " There is no earlier snapshot to compare it with."
    )
    assert "| val | 1 | 33.3% |" in report(told)


def test_what_changed_is_told_in_the_page_and_in_the_dialog(lake):
    first = create_snapshot(lake, "first", Choice())
    put_clips(lake, talking("b1", "b", 0.5, 0.1), talking("b2", "b", 0.5, 0.1))
    reannotate(lake, "a1", place=-1.0)
    second = create_snapshot(lake, "second", Choice(where="clip_id <> 'a2'"))
    told = proposal(second, first)
    assert "Since first: 2 clips added, 1 removed, 1 with other body, +0.0 h." in figures(told)
    assert "## What changed since first" in report(told)
    assert "| body | 1 | 1 |" in report(told)


def test_the_same_content_is_called_so(lake):
    first, second = (create_snapshot(lake, name, Choice()) for name in ("first", "second"))
    assert "Nothing: both hold the same." in report(proposal(second, first))


def test_labels_that_this_release_would_make_anew_are_counted(lake):
    current = annotator_class("body").version
    put_clips(
        lake,
        talking("b1", "b", 0.5, 0.1, body_src=source("body", current), fingerprint_src=source("fingerprint")),
    )
    stale = stale_clips(create_snapshot(lake, "new", Choice(where="clip_id = 'b1'")))
    assert stale["hands"] == stale["motion"] == 1  # version 1
    assert stale["body"] == 0


def test_clips_are_drawn_as_the_snapshot_has_them(lake):
    first = create_snapshot(lake, "first", Choice())
    lake.table("clips").update({"hands_confidence": "NULL", "hands_valid": "NULL"})
    put_clips(lake, talking("b1", "b", 0.5, 0.1))
    page = report(proposal(first))
    assert page.index("## Clips") < page.index("a.mp4")
    assert "b.mp4" not in page


def test_the_page_says_until_when_to_decide_and_what_approving_starts(lake):
    made = create_snapshot(lake, "all", Choice())
    assert "until 2026-11-26 12:30 UTC. Approving starts train/train." in report(proposal(made))
    assert figures(proposal(made, can_launch=False)).endswith(
        "Approving is recorded and starts nothing, since the server has no deployment train/train."
    )
