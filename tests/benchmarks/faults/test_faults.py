"""The fault suite in two minutes: the driver killed at seeded moments of an ingest and of a re-annotation."""

import tempfile
from pathlib import Path

import pytest

from benchmarks.faults import kills
from benchmarks.faults.server import engines
from benchmarks.faults.workload import Sizes, Workload

pytestmark = pytest.mark.slow
SEED = 4
SIZES = Sizes(videos=3, ingest_kills=2, reannotation_kills=1, commit_kills=1)


def test_kill_9_of_the_driver_loses_nothing_doubles_nothing_and_redoes_a_shard_at_most():
    with engines() as env, tempfile.TemporaryDirectory(prefix="faults-") as folder:
        (Path(folder) / "videos").mkdir()
        workload = Workload(Path(folder), Path(folder) / "videos", env, SIZES, SEED)
        rows = kills.rows(workload)
    assert {row.measure: row.parts for row in rows if not row.met} == {}
    assert [row.parts["times"] for row in rows] == [2, 1, 1, 1]
    assert all(row.parts["lost"] == row.parts["doubled"] == row.parts["changed"] == 0 for row in rows)
