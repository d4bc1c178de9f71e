import json
from pathlib import Path

import pytest

from benchmarks.ingest import Line, deal_out, run, stage_rows
from benchmarks.workloads.bare import Span
from datasets.frame import CropBox

CROP = CropBox(0, 0, 512, 704)


def test_a_cost_is_split_into_its_start_and_its_frames():
    line = Line.through((50, 12.0), (1050, 62.0))
    assert line.per_frame_s == pytest.approx(0.05)
    assert line.startup_s == pytest.approx(9.5)


def test_clips_are_dealt_out_whole_in_order_and_about_evenly():
    spans = [Span(start, length, CROP) for start, length in [(0, 100), (100, 50), (150, 60), (300, 90)]]
    first, second = deal_out("a.mp4", spans, workers=2)
    assert [span.start_frame for span in first.spans] == [0, 100]
    assert [span.start_frame for span in second.spans] == [150, 300]


def test_a_core_without_a_clip_gets_no_share():
    assert len(deal_out("a.mp4", [Span(0, 100, CROP)], workers=4)) == 1


def test_a_stage_shows_the_bare_loops_cost_of_the_same_beside_it():
    stages = {"body": 27.0, "decode and crop": 3.0, "write": 0.1}
    bare = {"load": 2.0, "decode": 1.0, "crop": 0.5, "hands": 24.0, "body": 25.0, "encode": 3.0}
    rows = {row.measure: row for row in stage_rows(stages, bare, bare_frames=1000)}
    assert rows["stage body"].value == 27.0
    assert rows["stage body"].parts == {"bare": 25.0}
    assert rows["stage decode and crop"].parts == {"bare": 1.5}
    assert rows["stage write"].parts == {}


@pytest.mark.slow
def test_the_quick_run_measures_everything(tmp_path: Path):
    run(quick=True, folder=tmp_path)
    rows = json.loads((tmp_path / "ingest-quick.json").read_text())
    assert all(set(row) == {"measure", "value", "unit", "target", "met", "parts"} for row in rows)
    targets = {row["measure"]: row["target"] for row in rows if row["target"] is not None}
    assert targets == {
        "cutting / ffmpeg": 0.65,
        "ingest / bare loop": 1.15,
        "peak memory, long / short video": 1.1,
    }
    parts = {row["measure"]: row["parts"] for row in rows}
    ingest, memory = parts["ingest / bare loop"], parts["peak memory, long / short video"]
    assert ingest["frames kept"] == 300  # 12 s: nothing of a talker is filtered
    assert ingest["left behind"] == 0
    assert ingest["ingest CPU-s"] > ingest["bare CPU-s"] > 0
    assert memory["0.1 min guarded MB"] > memory["0.1 min worker MB"] > 100
    # Slopes over so few frames are noise, stages are not.
    stages = {row["measure"]: row["value"] for row in rows if row["measure"].startswith("stage ")}
    assert stages["stage body"] > stages["stage decode and crop"] > stages["stage write"] > 0
