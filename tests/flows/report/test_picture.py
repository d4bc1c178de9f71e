"""A chart as a picture by itself."""

import base64
from xml.etree import ElementTree

import numpy as np

from flows.report.charts import Series, histogram, linear_axis
from flows.report.picture import picture

SVG = "{http://www.w3.org/2000/svg}"


def test_a_picture_is_whole_xml_with_the_charts_bars_and_a_style():
    axis = linear_axis("confidence <0 to 1>", [], bins=2, top=1.0)
    uri = picture(histogram(axis, [Series("left", "left", np.array([0.2, 0.9, 0.9]))]))
    kind, _, text = uri.partition(";base64,")
    assert kind == "data:image/svg+xml"
    root = ElementTree.fromstring(base64.b64decode(text))
    bars = [bar.get("data-count") for bar in root.iter(f"{SVG}rect")]
    assert (root.tag, bars) == (f"{SVG}svg", ["1", "2"])
    assert (root.get("width"), root.get("height")) == ("400", "216")
    assert ".left{fill:" in root.findtext(f"{SVG}style", "")


def test_a_chart_without_values_is_a_picture_too():
    uri = picture(histogram(linear_axis("speed", []), [Series("left", "left", np.array([np.nan]))]))
    assert "no values yet" in base64.b64decode(uri.partition(",")[2]).decode()
