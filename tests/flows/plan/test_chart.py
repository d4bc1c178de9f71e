"""The plot of wall time over nodes (flows.plan.chart)."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from flows.plan import PlanConfig, forecast
from flows.plan.chart import HEIGHT, WIDTH, node_counts, wall_over_nodes
from tests.flows.plan.hand_made import MEASURED

PLAN = forecast(MEASURED, PlanConfig(hours=10, nodes=3, cpus=5, efficiency=0.5, store_mb_s=1))


def points(path: str) -> list[tuple[float, float]]:
    numbers = [float(number) for number in re.findall(r"[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def drawn(css: str) -> list[tuple[float, float]]:
    (path,) = [e for e in ElementTree.fromstring(wall_over_nodes(PLAN)).iter() if e.get("class") == css]
    return points(path.get("d") or "")


def test_the_axis_reaches_well_beyond_the_nodes_asked_for():
    counts = node_counts(3)
    assert (counts[0], counts[-1]) == (1, 16)
    assert 3 in counts
    assert node_counts(100)[-1] == 400


def test_the_point_asked_for_is_on_the_line_of_its_limit():
    (asked,) = [e for e in ElementTree.fromstring(wall_over_nodes(PLAN)).iter() if e.tag == "circle"]
    assert asked.get("data-nodes") == "3"
    assert float(asked.get("data-hours") or 0) == pytest.approx(PLAN.wall["CPU"], rel=1e-4)
    at = (float(asked.get("cx") or 0), float(asked.get("cy") or 0))
    assert min(abs(x - at[0]) + abs(y - at[1]) for x, y in drawn("limit cpu")) < 0.2


def test_more_nodes_help_the_cpus_and_not_the_store():
    cpu, storage = drawn("limit cpu"), drawn("limit storage")
    assert all(after[1] > before[1] for before, after in pairwise(cpu))  # y grows downwards
    assert len({y for _, y in storage}) == 1
    for x, y in (*cpu, *storage, *drawn("wall")):
        assert 0 < x < WIDTH
        assert 0 < y < HEIGHT


@pytest.mark.parametrize(("hours", "store_mb_s"), [(0.001, 1e6), (1e7, 0.01)])
def test_very_small_and_very_large_plans_stay_on_the_page(hours: float, store_mb_s: float):
    asked = PlanConfig(hours=hours, nodes=1, cpus=1, efficiency=0.01, store_mb_s=store_mb_s)
    drawing = ElementTree.fromstring(wall_over_nodes(forecast(MEASURED, asked)))
    lines = [points(e.get("d") or "") for e in drawing.iter() if e.get("class", "").startswith("limit")]
    assert len(lines) == 2
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for line in lines for x, y in line)


def test_the_words_say_what_the_point_is():
    assert "3 nodes: 1.16 h (CPU)" in wall_over_nodes(PLAN)
