"""Clips made in this process (flows.stages), and the same labels found again from what is stored of them."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

from annotators.annotator import Clip
from annotators.framing import Thresholds
from annotators.registry import make_annotators
from datasets.content import digest
from datasets.frame import CropBox
from datasets.identity import params_hash
from datasets.lake import ClipMedia
from datasets.media.clip_reader import read_clip
from datasets.schema import SLOTS
from datasets.talker import write_talker
from flows import stages
from flows.clip_plan import ClipPlan
from flows.costs import Costs, Meter
from flows.ingest_config import HandOptions
from flows.labelling import label_clip

pytestmark = pytest.mark.slow
NAMES = ("body", "hands", "motion")
WORK = ("read", "encode", "sound", "load annotators", "decode")
FILM_S, FRAMES = 4, 50


def plan(clip_id: str, start_s: float) -> dict[str, Any]:
    made = ClipPlan(
        clip_id=clip_id,
        video_id="v1",
        start_s=start_s,
        end_s=start_s + FRAMES / 25,
        start_frame=round(25 * start_s),
        end_frame=round(25 * start_s) + FRAMES,
        n_frames=FRAMES,
        crop=CropBox(x_px=384, y_px=16, width_px=512, height_px=704),
    )
    return made.model_dump(mode="json")


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("film") / "talker.mp4"
    write_talker(path, seconds=FILM_S, shots=1)
    return path


@pytest.fixture(scope="module")
def made(film) -> tuple[dict[str, Any], pa.Table]:
    """Two clips of the film, and one that would lie beyond its end."""
    request = {
        "path": str(film),
        "plans": [plan("first", 0.2), plan("second", 1.8), plan("beyond", 60.0)],
        "annotators": NAMES,
        "hands": HandOptions().model_dump(mode="json"),
        "gpus": {"body": 0.5},
        "run_id": "r1",
        "split": "train",
    }
    return stages.make_clips(request)


@pytest.fixture(scope="module")
def rows(made) -> dict[str, dict[str, pa.Array]]:
    """clip_id -> column -> array of length 1."""
    table = made[1].combine_chunks()
    return {
        clip_id: {name: table[name].chunk(0).slice(at, 1) for name in table.column_names}
        for at, clip_id in enumerate(table["clip_id"].to_pylist())
    }


def stored(row: dict[str, pa.Array]) -> ClipMedia:
    values = (row[name][0].as_py() for name in ("clip_id", "mp4", "audio", "reference", "n_frames"))
    return ClipMedia(*values)


def test_annotating_again_what_is_stored_gives_the_same_bits(rows):
    annotators = make_annotators(NAMES)
    for _ in range(2):
        for clip_id in ("second", "first"):
            clip = Clip(clip_id, *read_clip(stored(rows[clip_id])))
            again = label_clip(clip, annotators, run_id="r2", gpus={}, meter=Meter())
            for slot in NAMES:
                assert again[f"{slot}_digest"] == rows[clip_id][f"{slot}_digest"]
                assert digest({name: again[name] for name in SLOTS[slot].names}) == digest(
                    {name: rows[clip_id][name] for name in SLOTS[slot].names}
                )


def test_a_slot_names_what_it_was_derived_from(rows):
    body, hands, _ = make_annotators(NAMES)
    row = rows["first"]
    of_body = f"body {body.version}/{params_hash(body.params)}"
    of_hands = f"hands {hands.version}/{params_hash(hands.params)}"
    assert [row[f"{slot}_inputs"][0].as_py() for slot in NAMES] == [None, of_body, f"{of_body}, {of_hands}"]
    assert [row[f"{slot}_rev"][0].as_py() for slot in NAMES] == [1, 1, 1]
    source = row["hands_src"][0].as_py()
    assert (source["name"], source["run_id"]) == ("hands", "r1")
    assert row["fingerprint_src"].null_count == 1


def test_a_clip_that_cannot_be_made_has_a_reason_and_no_labels(rows):
    row = {name: column[0].as_py() for name, column in rows["beyond"].items()}
    assert (row["keep"], row["reason"], row["mp4"]) == (False, "decode_error", None)
    for slot in NAMES:
        assert row[f"{slot}_src"] is row[f"{slot}_digest"] is row[f"{slot}_inputs"] is None


def test_the_reply_says_what_each_stage_took_and_for_how_many_frames(made):
    costs = Costs.from_dict(made[0]["costs"])
    assert list(costs.stages) == [*WORK, *NAMES, "GPU waiting"]
    amounts = {name: stage.amount for name, stage in costs.stages.items()}
    assert amounts == {
        "read": 3 * FRAMES,
        "encode": 2 * FRAMES,
        "sound": 2 * FRAMES,
        "load annotators": 1,
        "decode": 2 * FRAMES,
        "body": 2 * FRAMES,
        "hands": 2 * FRAMES,
        "motion": 2 * FRAMES,
        "GPU waiting": 0,
    }
    # MediaPipe takes about 20 ms a frame for a body, the encoder 3
    assert costs.stages["body"].cpu_s > costs.stages["encode"].cpu_s > costs.stages["motion"].cpu_s > 0
    assert costs.stages["body"].gpu_s > 0.2 * costs.stages["body"].cpu_s
    assert costs.stages["hands"].gpu_s == 0
    assert costs.stages["GPU waiting"].cpu_s == 0
    assert costs.stages["GPU waiting"].gpu_s > 0.2 * costs.stages["hands"].cpu_s  # held for the body alone


def test_a_survey_counts_the_seconds_of_source_it_read(film, tmp_path):
    request = {"path": str(film), "video_id": "v1", "thresholds": Thresholds().model_dump()}
    whole, _ = stages.survey({**request, "scratch": str(tmp_path)})
    costs = Costs.from_dict(whole["costs"])
    assert costs.stages["survey"].amount == pytest.approx(FILM_S)
    assert costs.stages["survey"].cpu_s > 0
    assert costs.stages["framing"].cpu_s > 0
    spans = [{"start_s": 0.0, "end_s": 1.0}, {"start_s": 2.0, "end_s": 2.5}]
    parts, _ = stages.survey({**request, "scratch": str(tmp_path), "spans": spans})
    assert Costs.from_dict(parts["costs"]).stages["survey"].amount == pytest.approx(1.5)


def test_the_reference_picture_is_one_of_the_clip(rows):
    row = rows["first"]
    frames, _ = read_clip(stored(row))
    jpeg = np.frombuffer(row["reference"][0].as_py(), np.uint8)
    picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(picture.astype(int) - frames[FRAMES // 2]).mean() < 3
