import re
import xml.etree.ElementTree as ET

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flows.report.timeline import timeline

SURE = np.full((8, 2), 0.5)
VALID = np.array([[1, 0], [1, 0], [0, 0], [0, 0], [2, 0], [2, 0], [1, 0], [1, 0]])


def drawn(confidence: np.ndarray, valid: np.ndarray) -> ET.Element:
    return ET.fromstring(timeline(confidence, valid, rate_hz=25, marks=[1]))


def strips(svg: ET.Element) -> list[tuple[str, float, float, float]]:
    """(class, x, width, height) of what the mask says."""
    rects = [one for one in svg.iter("rect") if "strip-of-mask" in one.get("class")]
    return [
        (
            one.get("class").removesuffix(" strip-of-mask"),
            *(float(one.get(k)) for k in ("x", "width", "height")),
        )
        for one in rects
    ]


def curves(svg: ET.Element) -> list[tuple[str, str]]:
    return [(one.get("class"), one.get("d")) for one in svg.iter("path") if one.get("class") != "mark"]


def test_the_strip_is_thick_where_measured_thin_where_interpolated_and_empty_elsewhere():
    (first, second, third) = strips(drawn(SURE, VALID))
    assert first[:3] == ("left", 0, 250)
    assert second[:3] == ("left interpolated", 500, 250)
    assert third[:3] == ("left", 750, 250)
    assert first[3] == third[3] == 2 * second[3]


def test_a_hand_that_was_found_and_masked_is_grey_and_one_never_found_leaves_a_gap():
    sure = SURE.copy()
    sure[:, 1] = 0
    assert [css for css, _ in curves(drawn(sure, VALID))] == ["left", "masked", "left interpolated", "left"]
    sure[2:4, 0] = np.nan
    assert "masked" not in [css for css, _ in curves(drawn(sure, VALID))]


def test_the_curve_is_as_high_as_the_confidence():
    sure = np.array([[0.25, 1.0]] * 4)
    (_, left), (_, right) = curves(drawn(sure, np.ones((4, 2))))
    assert left.startswith("M0 22L0 16H")
    assert right.startswith("M0 54L0 32H")


def test_the_shares_are_said_in_words():
    words = drawn(SURE, VALID).get("aria-label")
    assert "Left: 50% measured, 25% interpolated, 25% found but masked." in words
    assert "Right: 0% measured, 0% interpolated, 100% found but masked." in words


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(0, 1)), min_size=1, max_size=60))
def test_strips_cover_the_frames_of_the_mask(frames):
    valid = np.array([frame[:2] for frame in frames])
    sure = np.array([[frame[2]] * 2 for frame in frames])
    covered = sum(width for _, _, width, _ in strips(drawn(sure, valid)))
    assert abs(covered - 1000 * (valid > 0).sum() / len(frames)) < 0.2 * len(frames)


def test_a_hand_found_again_after_a_pause_stands_as_a_step_and_no_slope_leads_to_it():
    confidence = np.zeros((10, 2))
    confidence[[1, 8], 0] = 0.3
    svg = timeline(confidence, np.zeros((10, 2), int), rate_hz=25)
    (path,) = re.findall(r'class="masked" d="([^"]+)"', svg)
    heights = dict(re.findall(r"L(\d+) (\d+)", path))
    assert heights == {"0": "22", "100": "15", "200": "22", "800": "15", "900": "22"}
