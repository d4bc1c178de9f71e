import xml.etree.ElementTree as ET

import numpy as np
import pytest

from flows.clip_labels import ClipLabels
from flows.report.soundtrack import heard, soundtrack

LOUD = np.array([[-100.0], [-35.0], [-10.0], [-35.0]])


def drawn(**labels) -> ET.Element:
    svg = soundtrack(ClipLabels(audio_loudness=LOUD, **labels), rate_hz=2)
    assert svg is not None
    return ET.fromstring(svg)


def paths(svg: ET.Element, css: str) -> list[str]:
    return [one.get("d", "") for one in svg.iter("path") if one.get("class") == css]


def strips(svg: ET.Element) -> list[tuple[str, float, float]]:
    rects = [one for one in svg.iter("rect") if one.get("class", "").startswith("voice")]
    return [(one.get("class", ""), float(one.get("x", 0)), float(one.get("width", 0))) for one in rects]


def test_hills_are_as_high_as_the_sound_is_loud():
    (path,) = paths(drawn(), "sound")
    assert path == "M0 30L0 30.0H250L250 15.0H500L500 0.0H750L750 15.0H1000V30Z"


def test_the_mouth_is_a_line_over_its_own_range_that_breaks_where_no_face_was_found():
    gap = np.array([[0.0, 1.0], [0.1, 1.0], [np.nan, np.nan], [0.1, 1.0]])
    first, second = paths(drawn(face_mouth=gap), "mouth")
    assert first == "M125 30.0L375 0.0"
    assert second.startswith("M875 0.0")


def test_a_mouth_that_was_never_seen_draws_no_line():
    assert paths(drawn(face_mouth=np.full((4, 2), np.nan)), "mouth") == []


def test_each_further_voice_has_another_colour_and_stands_at_its_time():
    turns = [
        {"speaker": "A", "start_s": 0.0, "end_s": 1.0},
        {"speaker": "B", "start_s": 0.5, "end_s": 1.5},
        {"speaker": "A", "start_s": 1.5, "end_s": 2.0},
    ]
    assert strips(drawn(speech_turns=turns)) == [
        ("voice voice0", 0, 500),
        ("voice voice1", 250, 500),
        ("voice voice0", 750, 250),
    ]


def test_without_turns_the_stretches_with_a_voice_stand_in_one_colour():
    segments = [{"start_s": 1.0, "end_s": 1.5, "text": None}]
    assert strips(drawn(speech_segments=segments)) == [("voice voice0", 500, 250)]


def test_without_sound_there_is_nothing_to_draw():
    assert soundtrack(ClipLabels(), rate_hz=25) is None


@pytest.mark.parametrize(
    ("told", "style", "by"), [(None, "singing", "rule"), ("speaking", "speaking", "person")]
)
def test_what_was_told_goes_before_the_rule(told: str | None, style: str, by: str):
    words = heard(ClipLabels(style_guess="singing", style_told=told, style_told_by=told and "person"))
    assert words is not None
    assert (words.style, words.style_by) == (style, by)


def test_a_clip_that_nobody_listened_to_says_nothing():
    assert heard(ClipLabels()) is None
