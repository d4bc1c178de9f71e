import pyarrow as pa
import pytest

from datasets.frame import CropBox
from datasets.reasons import Reason
from datasets.schema import CLIPS
from flows.clip_plan import ClipPlan
from flows.rows import clip_table, media_table, merge_media, split_media, told_style

KEPT = ClipPlan(
    clip_id="kept",
    video_id="v",
    start_s=0,
    end_s=2,
    start_frame=0,
    end_frame=60,
    n_frames=50,
    crop=CropBox(0, 0, 512, 704),
    people=1,
)
SHORT = KEPT.model_copy(update={"clip_id": "short", "crop": None}).rejected(Reason.TOO_SHORT)


def test_rows_carry_scores_and_leave_unfilled_slots_null():
    table = clip_table([KEPT, SHORT], [{}, {}], run_id="run", split="train")
    assert table.schema == CLIPS
    first, second = table.to_pylist()
    assert (first["keep"], first["people"], first["hands_mano"]) == (True, 1.0, None)
    assert (second["keep"], second["reason"], second["crop"]) == (False, "too_short", None)


def test_labels_stand_in_the_row_of_their_clip():
    labels = {"motion_speed": pa.array([[0.5, None]], CLIPS.field("motion_speed").type)}
    table = clip_table([SHORT, KEPT], [{}, labels], run_id="run", split="train")
    assert table["motion_speed"].to_pylist() == [None, [0.5, None]]


def test_no_clips_make_an_empty_table_of_the_same_schema():
    assert clip_table([], [], run_id="run", split="train").schema == CLIPS


def test_media_travels_beside_its_clip_and_is_parted_from_it():
    clips = clip_table([KEPT, SHORT], [{}, {}], run_id="run", split="train")
    media = media_table({"kept": {"mp4": b"m", "reference": b"r", "n_frames": 50}, "short": {}})
    rows, parted = split_media(merge_media(clips, media))
    assert rows == clips
    assert parted.select(["clip_id", "mp4", "n_frames"]).to_pylist() == [
        {"clip_id": "kept", "mp4": b"m", "n_frames": 50}
    ]


def test_the_style_of_the_source_stands_in_every_row_with_who_told_it():
    table = clip_table([KEPT, SHORT], [{}, {}], run_id="run", split="train", style_told="singing")
    assert table["style_told"].to_pylist() == ["singing"] * 2
    assert table["style_told_by"].to_pylist() == ["source"] * 2
    nothing = clip_table([KEPT], [{}], run_id="run", split="train")
    assert nothing["style_told"][0].as_py() is nothing["style_told_by"][0].as_py() is None


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("speaking", "speaking"),
        (" Singing ", "singing"),
        ("Gesture dance", "gesture_dance"),
        ("GESTURE-DANCE", "gesture_dance"),
        ("gesture  _dance", "gesture_dance"),
        ("ballet", None),
        ("", None),
        (None, None),
    ],
)
def test_a_style_is_known_however_a_source_writes_it(text, style):
    assert told_style(text) == style
