import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.report.charts import Axis, Series, counts, histogram, linear_axis, log_axis

LENGTH = Axis("clip length (s)", np.array([0.0, 1.0, 2.0, 3.0]))


def bars(svg: str) -> list[ET.Element]:
    return [one for one in ET.fromstring(svg).iter("rect") if "bar" in one.get("class", "")]


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter("text")]


def test_bar_heights_are_proportional_to_counts():
    drawn = bars(histogram(LENGTH, [Series("kept", "kept", np.array([0.5, 1.5, 1.5, 1.5, 2.5, 2.5]))]))
    assert [bar.get("data-count") for bar in drawn] == ["1", "3", "2"]
    heights = [float(bar.get("height")) for bar in drawn]
    assert heights == pytest.approx([heights[0], 3 * heights[0], 2 * heights[0]], abs=0.05)


def test_bars_stand_on_the_base_line():
    drawn = bars(histogram(LENGTH, [Series("kept", "kept", np.array([0.5, 1.5, 1.5]))]))
    ends = {round(float(bar.get("y")) + float(bar.get("height")), 1) for bar in drawn}
    assert len(ends) == 1


def test_stacked_series_stand_on_one_another():
    kept, filtered = (
        Series("kept", "kept", np.array([0.5, 0.5])),
        Series("filtered", "filtered", np.array([0.5])),
    )
    lower, upper = bars(histogram(LENGTH, [kept, filtered], stacked=True))
    assert float(upper.get("y")) + float(upper.get("height")) == pytest.approx(
        float(lower.get("y")), abs=0.02
    )
    assert float(lower.get("height")) == pytest.approx(2 * float(upper.get("height")), abs=0.05)


def test_series_side_by_side_do_not_overlap():
    left, right = Series("left", "left", np.array([0.5])), Series("right", "right", np.array([0.5]))
    first, second = bars(histogram(LENGTH, [left, right]))
    assert float(first.get("x")) + float(first.get("width")) <= float(second.get("x"))


def test_the_axis_names_quantity_and_unit_and_has_round_ticks():
    shown = texts(histogram(LENGTH, [Series("kept", "kept", np.array([0.5]))]))
    assert "clip length (s)" in shown
    assert {"0", "1", "2", "3", "clips"} <= set(shown)


def test_a_log_axis_has_a_tick_a_decade():
    values = np.array([0.002, 0.5])
    axis = log_axis("variance (m²)", [values])
    shown = texts(histogram(axis, [Series("left", "left", values)]))
    assert {"0.001", "0.01", "0.1", "1"} <= set(shown)


def test_a_chart_without_values_says_so():
    nothing = histogram(LENGTH, [Series("kept", "kept", np.array([np.nan]))])
    assert texts(nothing) == ["no values yet"]


def test_names_are_escaped():
    svg = histogram(LENGTH, [Series("<b>&", "kept", np.array([0.5]))])
    assert "<b>" not in svg
    assert bars(svg)[0].find("title").text.startswith("<b>&")


@given(st.lists(st.floats(allow_nan=True, width=32), max_size=50))
def test_every_number_counts_once_and_nan_never(numbers):
    values = np.array(numbers, float)
    assert counts(values, LENGTH.edges).sum() == np.isfinite(values).sum()


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_any_values_make_a_readable_chart(numbers):
    values = np.array(numbers, float)
    for axis in (linear_axis("speed (m/s)", [values]), log_axis("variance (m²)", [values])):
        assert np.all(np.diff(axis.edges) > 0)
        drawn = bars(histogram(axis, [Series("left", "left", values)]))
        assert sum(int(bar.get("data-count")) for bar in drawn) == len(numbers)
