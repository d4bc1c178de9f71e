"""One real ingest, by the command a user types, held against what its video was rendered from."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from annotators.columns import one_value
from datasets.lake import Lake
from datasets.talker import TalkerTruth, load_truth, write_talker

pytestmark = pytest.mark.slow
EMO2 = Path(sys.executable).with_name("emo2")
SECONDS, SHOTS = 13, 3  # a hard cut, then a fade


def emo2(*arguments: object) -> str:
    run = subprocess.run([EMO2, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """A folder with a rendered talker, a copy of it, and a file that is no video."""
    folder = tmp_path_factory.mktemp("sample")
    write_talker(folder / "talker.mp4", seconds=SECONDS, shots=SHOTS, truth=folder / "truth.npz")
    shutil.copy(folder / "talker.mp4", folder / "talker-again.mp4")
    (folder / "broken.mp4").write_bytes(b"\x00" * 5000)
    return folder


@pytest.fixture(scope="module")
def truth(sample) -> TalkerTruth:
    return load_truth(sample / "truth.npz")


@pytest.fixture(scope="module")
def lake(sample, tmp_path_factory) -> Lake:
    uri = tmp_path_factory.mktemp("lakes") / "lake"
    emo2("ingest", sample, "--lake", uri, "--dataset", "talkers")
    return Lake.open(uri)


@pytest.fixture(scope="module")
def clips(lake) -> list[dict]:
    """Kept clips in order of time, their columns as numpy."""
    table = lake.table("clips").to_table(filter="keep").sort_by("start_s")
    return [
        {name: one_value(table[name].combine_chunks()[row : row + 1]) for name in table.column_names}
        for row in range(table.num_rows)
    ]


def in_clip(points_px: np.ndarray, crop: dict) -> np.ndarray:
    """Source pixels as fractions of the clip's width and height."""
    return (points_px - [crop["x_px"], crop["y_px"]]) / [crop["width_px"], crop["height_px"]]


def true_frames(truth: TalkerTruth, clip: dict) -> slice:
    return slice(clip["start_frame"], clip["start_frame"] + clip["n_frames"])


def test_every_video_is_accounted_for(lake):
    status = json.loads(emo2("status", "--lake", lake.uri, "--json"))
    assert status["videos"] == {"total": 2, "ingested": 1, "quarantined": 1, "forgotten": 0}
    assert status["clips"]["total"] == SHOTS
    assert status["clips"]["kept"] == SHOTS
    for slot in ("body", "hands", "motion"):
        assert status["annotators"][slot] == {"version": "2", "filled": SHOTS, "null": 0, "stale": 0}


def test_the_broken_file_is_quarantined_with_a_reason(lake):
    rows = lake.table("videos").to_table(filter="status = 'quarantined'").to_pylist()
    assert [(Path(row["uri"]).name, row["reason"]) for row in rows] == [("broken.mp4", "unreadable")]


def test_shots_begin_where_the_truth_says(truth, clips):
    starts = [clip["start_frame"] for clip in clips]
    hard = [start for start in starts if np.abs(truth.cut_frames - start).min() <= 1]
    assert len(hard) == len(truth.cut_frames)
    fade_start, fade_end, _ = truth.fades[0]
    assert any(fade_start <= start <= fade_end for start in starts)


def test_clips_are_25_hz_and_as_long_as_their_media_and_labels(lake, clips):
    media = {each.clip_id: each for each in lake.read_media([clip["clip_id"] for clip in clips])}
    for clip in clips:
        frames = clip["n_frames"]
        assert frames == pytest.approx((clip["end_s"] - clip["start_s"]) * 25, abs=1)
        assert media[clip["clip_id"]].n_frames == frames
        assert len(clip["hands_mano"]) == len(clip["body_keypoints"]) == frames


def test_hands_lie_on_the_hands_and_on_the_right_side(truth, clips):
    for clip in clips:
        true = in_clip(truth.keypoints_2d[true_frames(truth, clip)], clip["crop"])  # (T, 2, 21, 2)
        found = clip["hands_keypoints"].astype(float).reshape(-1, 2, 21, 2)
        error_px = np.linalg.norm((found - true) * [512, 704], axis=-1)
        measured = clip["hands_valid"] == 1
        assert measured.mean() > 0.8
        assert np.median(error_px[measured]) < 8  # a hand is about 90 px; MediaPipe's own error is 4
        swapped_px = np.linalg.norm((found[:, ::-1] - true) * [512, 704], axis=-1)
        assert np.median(error_px[measured]) < np.nanmedian(swapped_px) / 5


def test_mano_wrists_turn_as_the_true_hands_do(truth, clips):
    from datasets.hand.rotations import axis_angle_to_matrix, geodesic_deg

    for clip in clips:
        true = truth.axis_angle[true_frames(truth, clip), :, :3].astype(float)
        found = clip["hands_axis_angle"].astype(float).reshape(-1, 2, 48)[..., :3]
        measured = clip["hands_valid"] == 1
        error_deg = geodesic_deg(axis_angle_to_matrix(found[measured]), axis_angle_to_matrix(true[measured]))
        assert np.median(error_deg) < 25


def test_running_again_adds_nothing(sample, lake):
    before = json.loads(emo2("status", "--lake", lake.uri, "--json"))
    said = emo2("ingest", sample, "--lake", lake.uri, "--dataset", "talkers")
    after = json.loads(emo2("status", "--lake", lake.uri, "--json"))
    assert "3 already known" in said
    assert (after["videos"], after["clips"]) == (before["videos"], before["clips"])


def test_the_run_is_in_the_ledger_with_counts_that_add_up(lake):
    first = min(lake.table("runs").to_table().to_pylist(), key=lambda row: row["started_at"])
    counts = json.loads(first["counts"])
    assert first["state"] == "completed"
    assert (counts["videos"], counts["videos_ingested"], counts["videos_known"]) == (3, 1, 1)
    assert counts["videos_quarantined"] == 1


def test_the_report_of_the_run_is_one_file_without_requests(lake):
    page = (Path(lake.uri) / "report.html").read_text()
    assert "broken.mp4" in page
    assert "data:image/" in page
    assert 'src="http' not in page
    assert "url(http" not in page
