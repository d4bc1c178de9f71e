"""Plans from hand-made measurements (flows.plan.forecast), each figure worked out by hand."""

from dataclasses import replace

import pytest

from datasets.errors import UserError
from flows.costs import Costs, StageCost
from flows.plan import PlanConfig, forecast
from flows.plan.forecast import ASSUMED_EFFICIENCY, bottleneck
from flows.plan.measured import SlotSize
from tests.flows.plan.hand_made import COSTS, MEASURED

# 10 h of source are 36,000 s and 360,000 kept frames, which last 4 h
TEN_HOURS = PlanConfig(hours=10, nodes=2, cpus=5, efficiency=0.5, store_mb_s=1)


def test_each_stage_grows_with_its_own_unit():
    plan = forecast(MEASURED, TEN_HOURS)
    assert {stage.stage: stage.effort.core_h for stage in plan.stages} == pytest.approx(
        {
            "survey": 1.0,  # 0.1 s a source second
            "framing": 0.1,
            "encode": 0.36,  # 3.6 ms a frame
            "load annotators": 60 / 3600,  # 6 s in each of ten processes
            "decode": 0.2,
            "body": 2.0,
            "hands": 5.0,  # 50 ms a frame
            "motion": 0.02,
        }
    )
    assert {stage.stage: stage.core_ms for stage in plan.stages}["hands"] == pytest.approx(50)
    assert (plan.source_h, plan.kept_h) == pytest.approx((10, 4))


def test_hours_may_be_of_kept_clips():
    plan = forecast(MEASURED, TEN_HOURS.model_copy(update={"hours": 4, "kept": True}))
    assert (plan.source_h, plan.kept_h) == pytest.approx((10, 4))
    assert plan.effort == forecast(MEASURED, TEN_HOURS).effort


def test_wall_time_is_the_work_over_the_cores_that_get_it_done():
    plan = forecast(MEASURED, TEN_HOURS)
    core_h = 1 + 0.1 + 0.36 + 1 / 60 + 0.2 + 2 + 5 + 0.02
    assert plan.effort.core_h == pytest.approx(core_h)
    assert plan.wall["CPU"] == pytest.approx(core_h / (2 * 5 * 0.5))
    assert "GPU" not in plan.wall


def test_tables_grow_with_clips_or_with_the_source():
    plan = forecast(MEASURED, TEN_HOURS)
    # 360,000 frames are 18 times those in the lake, 36,000 s of source too
    assert plan.tables == pytest.approx({"clip_media": 720e6, "clips": 144e6, "videos": 18_000})
    assert plan.wall["storage"] == pytest.approx((720 + 144 + 0.018) / 3600)  # at 1 MB/s


def test_the_bottleneck_is_what_takes_longest():
    assert bottleneck(forecast(MEASURED, TEN_HOURS).wall) == "CPU"
    many = TEN_HOURS.model_copy(update={"nodes": 100})
    assert bottleneck(forecast(MEASURED, many).wall) == "storage"


def test_annotators_that_held_gpus_count_against_gpus():
    stages = {**COSTS.stages, "hands": StageCost(cpu_s=25, gpu_s=100, amount=10_000)}
    measured = replace(MEASURED, costs=Costs(stages))
    plan = forecast(measured, TEN_HOURS.model_copy(update={"gpus": 1}))
    assert plan.effort.gpu_h == pytest.approx(1.0)
    assert plan.wall["GPU"] == pytest.approx(0.5)  # two nodes of one
    with pytest.raises(UserError, match="give --gpus"):
        forecast(measured, TEN_HOURS)


def test_annotating_again_needs_the_slot_its_media_and_what_it_reads():
    slots = {slot.slot: slot for slot in forecast(MEASURED, TEN_HOURS).slots}
    body, hands, motion = slots["body"], slots["hands"], slots["motion"]
    assert body.effort.core_h == pytest.approx(2.0 + 0.2)
    assert body.effort.store_bytes == pytest.approx(18 * (30e6 + 2e6))  # mp4 and sound read, columns written
    assert hands.effort.core_h == pytest.approx(5.0 + 0.2)
    assert hands.effort.store_bytes == pytest.approx(
        18 * (30e6 + 6e6 + 2e6)
    )  # filled in half the clips; reads body
    assert motion.effort.core_h == pytest.approx(0.02)  # from columns alone
    assert motion.effort.store_bytes == pytest.approx(18 * (0.4e6 + 6e6 + 2e6))
    assert body.wall["CPU"] == pytest.approx(2.2 / 5)


def test_annotating_again_tells_what_becomes_stale():
    stale = {slot.slot: slot.makes_stale for slot in forecast(MEASURED, TEN_HOURS).slots}
    assert stale == {
        "body": ("hands", "motion", "face", "reference", "speaker", "style"),
        "hands": ("motion", "reference", "style"),
        "motion": ("style",),
    }


def test_annotating_the_sound_again_needs_no_pictures():
    stages = {
        **COSTS.stages,
        "speech": StageCost(cpu_s=50, amount=5_000),
        "decode sound": StageCost(cpu_s=1, amount=5_000),
    }
    slots = {**MEASURED.slots, "speech": SlotSize(100_000, 20_000)}
    measured = replace(MEASURED, costs=Costs(stages), slots=slots, sound_bytes=3_000_000)
    speech = {slot.slot: slot for slot in forecast(measured, TEN_HOURS).slots}["speech"]
    assert speech.effort.core_h == pytest.approx(1.0 + 0.02)  # 10 ms and 0.2 ms a frame
    assert speech.effort.store_bytes == pytest.approx(18 * (3e6 + 0.1e6))


def test_efficiency_is_measured_where_runs_held_enough():
    cpu_s = COSTS.cpu_s
    free = TEN_HOURS.model_copy(update={"efficiency": None})
    long = forecast(replace(MEASURED, costs=replace(COSTS, held_core_s=10 * cpu_s)), free)
    assert (long.efficiency, long.efficiency_from) == (pytest.approx(0.1), "measured")
    short = forecast(replace(MEASURED, costs=replace(COSTS, held_core_s=2 * cpu_s)), free)
    assert (short.efficiency, short.efficiency_from) == (ASSUMED_EFFICIENCY, "assumed")
    assert forecast(MEASURED, TEN_HOURS).efficiency_from == "given"
