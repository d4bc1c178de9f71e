"""The body slot on real people, where there are media."""

import av
import numpy as np
import pytest

from annotators.annotator import Clip
from annotators.body import BodyAnnotator
from annotators.pose import BodyPoint
from datasets.skeleton import MEDIAPIPE_33


@pytest.fixture(scope="module")
def annotator() -> BodyAnnotator:
    return BodyAnnotator()


def test_the_points_that_are_read_bear_mediapipes_names():
    from mediapipe.python.solutions.pose import PoseLandmark

    assert [point.name.lower() for point in PoseLandmark] == list(MEDIAPIPE_33)
    assert {point.name.lower(): point.value for point in BodyPoint}.items() <= {
        name: index for index, name in enumerate(MEDIAPIPE_33)
    }.items()


def test_a_clip_without_a_body_has_nan_in_every_column_and_frame(annotator):
    blank = Clip("blank", np.full((2, 704, 512, 3), 90, np.uint8))
    row = annotator.annotate([blank]).to_pylist()[0]
    assert row.pop("body_place_clip") is None
    assert [np.array(value).shape for value in row.values()] == [(2, 99), (2, 99), (2, 7), (2, 5)]
    assert all(np.isnan(np.array(value, float)).all() for value in row.values())


def test_a_signer_stands_upright_before_the_camera_with_the_left_shoulder_on_the_right(annotator, media):
    with av.open(f"file:{media / 'hands/asl_book.mkv'}") as container:
        pictures = [picture.to_ndarray(format="rgb24")[:, 145:495] for picture in container.decode(video=0)]
    frames = np.zeros((8, 704, 512, 3), np.uint8)
    frames[:, :480, :350] = pictures[:8]
    row = annotator.annotate([Clip("signer", frames)]).to_pylist()[0]
    keypoints = np.array(row["body_keypoints"], float).reshape(8, 33, 3)
    offset = np.array(row["body_offset"], float)
    assert (keypoints[:, BodyPoint.LEFT_SHOULDER, 0] > keypoints[:, BodyPoint.RIGHT_SHOULDER, 0]).all()
    assert (np.abs(offset[:, 3]) > np.cos(np.radians(20))).all()  # within 40 degrees of facing the camera
    assert ((offset[:, 2] > 1.0) & (offset[:, 2] < 4.0)).all()
    place = np.array(row["body_place"], float)
    assert (np.abs(place[:, 3:]) < np.radians(25)).all()  # upright, facing the camera
    assert row["body_place_clip"] == pytest.approx(np.median(place, axis=0), abs=2e-3)
