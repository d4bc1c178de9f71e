from types import MappingProxyType

import pytest

from annotators.annotator import Clip
from annotators.registry import annotator_class
from benchmarks.faults.noop import NarrowBody, NoOp, WideBody
from benchmarks.faults.orchestration import NOOP, run_flow
from benchmarks.faults.synthetic import Shape, make_lake
from benchmarks.faults.workload import QUICK, Workload

CLIPS = [Clip(f"{number:032x}", frames=None) for number in range(3)]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [NoOp, WideBody, NarrowBody])
def test_an_annotator_that_measures_nothing_is_one_as_any_other(kind):
    assert annotator_class(f"{kind.__module__}:{kind.__name__}") is kind
    made = kind().annotate(CLIPS)
    assert (made.num_rows, made.schema.equals(kind.schema)) == (3, True)


def test_the_noop_fills_what_a_clip_without_words_has():
    filled = {name for name, value in NoOp().annotate(CLIPS).to_pylist()[0].items() if value is not None}
    assert filled == {"speech_ratio", "speech_text", "speech_words"}


def test_the_wide_body_has_the_frames_of_a_real_one():
    assert len(WideBody().annotate(CLIPS)["body_world"][0]) == 200


@pytest.mark.slow
def test_a_run_that_computes_nothing_fills_every_kept_clip_in_one_task(tmp_path):
    workload = Workload(tmp_path, tmp_path, MappingProxyType({"PREFECT_HOME": str(tmp_path)}), QUICK, seed=0)
    lake = make_lake(tmp_path / "lake", Shape(50))
    run = run_flow(workload, tmp_path / "lake", NOOP)
    assert (run.clips, run.task_runs) == (45, 1)
    assert lake.status()["annotators"]["speech"] == {"version": "1", "filled": 45, "null": 5}
    assert 0 < run.flow_s < run.total_s
