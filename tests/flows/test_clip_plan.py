from hypothesis import given
from hypothesis import strategies as st

from datasets.frame import CropBox
from datasets.reasons import Reason
from flows.clip_plan import ClipPlan, batches


def plan(start_s: float, n_frames: int) -> ClipPlan:
    span = {"start_s": start_s, "end_s": start_s + n_frames / 25, "start_frame": 0, "end_frame": n_frames}
    return ClipPlan(clip_id=f"c{start_s}", video_id="v", n_frames=n_frames, **span)


def test_a_plan_survives_its_way_through_json():
    sent = plan(1.5, 60).model_copy(update={"crop": CropBox(1, 2, 512, 704), "reason": Reason.BLURRED})
    assert ClipPlan.model_validate(sent.model_dump(mode="json")) == sent


def test_a_rejected_plan_is_not_kept_and_says_why():
    row = plan(0, 60).rejected(Reason.DECODE_ERROR, "12 frames are missing").columns()
    assert (row["keep"], row["reason"], row["detail"]) == (False, "decode_error", "12 frames are missing")


@given(st.lists(st.integers(1, 300), max_size=30), st.integers(50, 800))
def test_batches_hold_every_plan_once_in_order_and_stay_within_their_size(lengths, max_frames):
    plans = [plan(12.0 * index, length) for index, length in enumerate(lengths)]
    grouped = batches(plans, max_frames)
    assert [one for group in grouped for one in group] == plans
    assert all(sum(one.n_frames for one in group) <= max_frames or len(group) == 1 for group in grouped)
