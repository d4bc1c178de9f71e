from dataclasses import replace
from types import MappingProxyType

import pytest

from benchmarks.faults import scale
from benchmarks.faults.workload import QUICK, Workload


@pytest.mark.slow
def test_every_cost_is_measured_at_every_size_and_drawn(tmp_path):
    sizes = replace(QUICK, scale_clips=(20, 60))
    rows = scale.rows(Workload(tmp_path, tmp_path / "cache", MappingProxyType({}), sizes, seed=0))
    costs = [scale.STATUS, scale.NONE_STALE, scale.ALL_STALE, scale.SNAPSHOT, scale.COMMIT]
    assert [row.measure for row in rows] == [*costs, "emo2 status at 60 clips"]
    assert all(row.parts["60 clips s"] > 0 for row in rows[:-1])
    assert (tmp_path / "cache" / "scale.png").stat().st_size > 10_000
