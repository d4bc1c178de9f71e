"""What a run took, by stage (flows.costs)."""

import json
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from flows.costs import Costs, Meter, StageCost, unit_of

A = Costs({"read": StageCost(2.0, 0.0, 100), "hands": StageCost(5.0, 1.5, 100)}, held_core_s=8.0)
B = Costs({"hands": StageCost(1.0, 0.5, 20), "body": StageCost(0.5, 0.0, 20)}, held_core_s=2.0)

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"


def burn(seconds: float) -> None:
    ends_at = time.process_time() + seconds
    while time.process_time() < ends_at:
        pass


def test_costs_add_up_stage_by_stage():
    both = A + B
    assert both.stages == {
        "read": StageCost(2.0, 0.0, 100),
        "hands": StageCost(6.0, 2.0, 120),
        "body": StageCost(0.5, 0.0, 20),
    }
    assert both.held_core_s == 10.0
    assert sum([A, B], Costs()) == both
    assert both.cpu_s == 8.5


def test_costs_survive_json():
    assert Costs.from_dict(json.loads(json.dumps(A.as_dict()))) == A


def test_survey_grows_with_the_source_and_annotators_with_the_clips():
    assert [unit_of(stage) for stage in ("survey", "encode", "load framer", "hands")] == [
        "source second",
        "clip frame",
        "process",
        "clip frame",
    ]


def test_a_meter_counts_cpu_time_and_not_waiting():
    meter = Meter()
    for _ in range(2):
        with meter.stage("encode", 10):
            burn(0.05)
            time.sleep(0.2)
    spent = meter.costs.stages["encode"]
    assert 0.1 <= spent.cpu_s < 0.2
    assert (spent.amount, spent.gpu_s) == (20, 0)


def test_a_gpu_counts_for_as_long_as_it_is_held():
    meter = Meter()
    with meter.stage("hands", 10, gpus=0.5):
        time.sleep(0.2)
    assert meter.costs.stages["hands"].gpu_s == pytest.approx(0.1, rel=0.5)


def test_a_gpu_that_is_held_and_not_used_counts_as_waiting():
    meter = Meter()
    with meter.holding(0.5):
        with meter.stage("hands", gpus=0.5):
            time.sleep(0.1)
        with meter.stage("encode"):
            time.sleep(0.2)
    assert meter.costs.stages["GPU waiting"].gpu_s == pytest.approx(0.1, rel=0.5)
    assert meter.costs.gpu_s == pytest.approx(0.15, rel=0.5)


def test_without_a_gpu_none_waits():
    meter = Meter()
    with meter.holding(0), meter.stage("encode"):
        pass
    assert list(meter.costs.stages) == ["encode"]


def test_work_that_fails_counts_in_seconds_and_not_in_amounts():
    meter = Meter()
    with suppress(ValueError), meter.stage("encode", 10):
        burn(0.05)
        raise ValueError("broken")
    spent = meter.costs.stages["encode"]
    assert spent.cpu_s >= 0.05
    assert spent.amount == 0


def test_processes_started_count_whether_they_ended_or_go_on():
    meter = Meter()
    code = BURN.format(seconds=0.4) + "print('done', flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        with meter.stage("hands", children=True):
            child.stdout.readline()
        with meter.stage("body", children=True):
            child.communicate(b"\n")
    assert 0.3 <= meter.costs.stages["hands"].cpu_s < 1.0
    assert meter.costs.stages["body"].cpu_s < 0.2
