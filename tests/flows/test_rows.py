import pyarrow as pa

from datasets.frame import CropBox
from datasets.reasons import Reason
from datasets.schema import CLIPS
from flows.clip_plan import ClipPlan
from flows.rows import clip_table, media_table, merge_media, split_media

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
