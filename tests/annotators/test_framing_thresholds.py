"""The verdict on a framing and its order of precedence."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from annotators.framing import Framing, Thresholds, judge
from datasets.frame import CropBox
from datasets.reasons import FILTER_REASONS, Reason

GOOD = Framing(
    crop=CropBox(0, 0, 512, 704),
    people=1.0,
    face_height_px=120.0,
    hand_visibility=1.0,
    sharpness=200.0,
    scale=1.0,
)
BOUNDS = Thresholds(min_speech_track=0.1)
FAULTS = [  # in the documented order of precedence
    (Reason.TOO_MANY_PEOPLE, {"people": 3.0}),
    (Reason.FACE_TOO_SMALL, {"face_height_px": 0.0}),
    (Reason.HANDS_HIDDEN, {"hand_visibility": 0.0}),
    (Reason.LOW_RESOLUTION, {"scale": 3.9}),
    (Reason.BLURRED, {"sharpness": 5.0}),
]


def test_a_good_scene_is_kept():
    assert judge(GOOD, 0.9, BOUNDS) is None


@pytest.mark.parametrize(("reason", "fault"), FAULTS)
def test_each_fault_has_its_reason(reason, fault):
    assert judge(replace(GOOD, **fault), 0.9, BOUNDS) is reason


@pytest.mark.parametrize("first", range(len(FAULTS)))
def test_of_several_faults_the_first_in_the_documented_order_is_named(first):
    faults = {name: value for _, fault in FAULTS[first:] for name, value in fault.items()}
    assert judge(replace(GOOD, **faults), 0.0, BOUNDS) is FAULTS[first][0]


def test_without_a_crop_there_is_no_person_whatever_else():
    assert judge(Framing(crop=None, people=3.0), 0.0, BOUNDS) is Reason.NO_PERSON


def test_missing_sound_is_the_last_reason_and_counts_unless_told_otherwise():
    assert judge(GOOD, None, BOUNDS) is Reason.NO_SPEECH_TRACK
    assert judge(GOOD, None, Thresholds()) is Reason.NO_SPEECH_TRACK
    assert judge(GOOD, None, Thresholds(min_speech_track=0)) is None


def test_a_score_at_its_bound_passes():
    at_bounds = replace(
        GOOD,
        people=BOUNDS.max_people,
        face_height_px=BOUNDS.min_face_height_px,
        hand_visibility=BOUNDS.min_hand_visibility,
        sharpness=BOUNDS.min_sharpness,
        scale=BOUNDS.max_scale,
    )
    assert judge(at_bounds, BOUNDS.min_speech_track, BOUNDS) is None


def test_only_filter_reasons_are_given():
    assert {reason for reason, _ in FAULTS} <= FILTER_REASONS


def test_thresholds_cannot_change_and_know_their_names():
    with pytest.raises(ValidationError):
        BOUNDS.max_people = 3.0
    with pytest.raises(ValidationError, match="max_persons"):
        Thresholds(max_persons=2)


def test_every_threshold_has_a_title_for_the_form():
    assert all(field.title for field in Thresholds.model_fields.values())
