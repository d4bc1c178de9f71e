"""The framing of scenes: with stand-in detectors here, and on real media where there are some."""

from pathlib import Path

import av
import numpy as np
import pytest

from annotators.framing import FacePoint, Framer, Sample, Thresholds, judge
from annotators.framing.box import Box
from annotators.framing.framer import sharpness, spread
from annotators.framing.people import Face, FaceFinder
from annotators.pose import BodyPoint, PoseFinder
from datasets.frame import CropBox
from datasets.reasons import Reason

GREY = np.full((360, 640, 3), 90, np.uint8)  # of a 1280 x 720 picture
RAMP = np.repeat(np.linspace(60, 120, 360).astype(np.uint8)[:, None, None], 640, axis=1).repeat(3, axis=2)


class Faces(FaceFinder):
    """Finds the same faces, given in the sample's pixels, in every picture."""

    def __init__(self, *boxes: Box, small: tuple[Box, ...] = ()) -> None:
        self._boxes, self._small = boxes, small

    def find(self, rgb: np.ndarray) -> list[Face]:
        return [Face(box, 0.9) for box in self._boxes]

    def find_small(self, rgb: np.ndarray) -> list[Face]:
        return [Face(box, 0.9) for box in self._small]


class Poses(PoseFinder):
    """Finds one body at fixed places of the sample, or none, whatever region is shown.

    The region searched starts at the given corner and has the picture's shape, so that fractions can be told.
    """

    def __init__(
        self, points_px: dict[int, tuple[float, float]] | None, corner: tuple[float, float] = (0, 0)
    ):
        self._points_px, self._corner = points_px, corner

    def find(self, rgb: np.ndarray) -> np.ndarray | None:
        if self._points_px is None:
            return None
        landmarks = np.zeros((33, 3), np.float32)
        for point, place in self._points_px.items():
            landmarks[point, :2] = (np.array(place) - self._corner) / rgb.shape[1::-1]
            landmarks[point, 2] = 1.0
        return landmarks


FACE = Box(300, 60, 350, 110)  # region searched for the body: from 50 * (6 - 4) = 100, 60 - 75 < 0
CORNER = (100, 0)
BODY = {
    BodyPoint.NOSE: (325, 90),
    BodyPoint.LEFT_SHOULDER: (375, 160),
    BodyPoint.RIGHT_SHOULDER: (275, 160),
    BodyPoint.LEFT_WRIST: (360, 280),
    BodyPoint.RIGHT_WRIST: (290, 280),
}


def frame(faces: Faces, poses: Poses, point: FacePoint | None = None, rgb: np.ndarray = RAMP):
    samples = [Sample(float(second), rgb) for second in range(8)]
    return Framer(faces=faces, poses=poses).frame(samples, 1280, 720, point)


def test_a_speaker_is_framed_in_display_pixels_whatever_the_sample_s_size():
    framing = frame(Faces(FACE), Poses(BODY, CORNER))
    assert framing.crop is not None
    crop = framing.crop
    assert crop.x_px <= 560  # the right wrist at 290 of the sample, with its margin
    assert crop.x_px + crop.width_px >= 740
    assert crop.y_px <= 50
    assert framing.people == 1.0
    assert framing.scale == pytest.approx(704 / crop.height_px)
    assert framing.face_height_px == pytest.approx(100 * framing.scale)
    assert framing.hand_visibility == 1.0


def test_one_wrist_unseen_is_half_visibility():
    one_hand = {point: place for point, place in BODY.items() if point != BodyPoint.LEFT_WRIST}
    assert frame(Faces(FACE), Poses(one_hand, CORNER)).hand_visibility == 0.5


def test_a_body_of_somebody_else_does_not_count():
    elsewhere = {point: (x + 150, y) for point, (x, y) in BODY.items()}
    framing = frame(Faces(FACE), Poses(elsewhere, CORNER))
    assert framing.crop is not None
    assert framing.hand_visibility == 0.0


def test_the_face_point_chooses_the_speaker():
    other = Box(500, 60, 550, 110)
    framing = frame(Faces(FACE, other), Poses(None), FacePoint(525 / 640, 85 / 360))
    assert framing.people == 2.0
    assert framing.crop.x_px <= 1000 <= 1100 <= framing.crop.x_px + framing.crop.width_px


def test_a_face_point_without_a_face_frames_nobody_even_where_a_body_is():
    framing = frame(Faces(), Poses(BODY), FacePoint(0.5, 0.2))
    assert framing.crop is None
    assert judge(framing, 1.0, Thresholds()) is Reason.NO_PERSON


def test_a_body_without_a_face_is_framed_and_has_no_face_height():
    framing = frame(Faces(), Poses(BODY))
    assert framing.crop is not None
    assert framing.face_height_px == 0.0
    assert judge(framing, 1.0, Thresholds()) is Reason.FACE_TOO_SMALL


def test_small_faces_are_found_at_the_second_look():
    tiny = Box(310, 60, 322, 72)
    framing = frame(Faces(small=(tiny,)), Poses(None))
    assert framing.people == 1.0
    assert framing.crop.height_px == pytest.approx(6.5 * 24, abs=2)


def test_nobody_found_is_no_person_with_empty_scores():
    framing = frame(Faces(), Poses(None))
    assert framing.crop is None
    assert (framing.people, framing.face_height_px, framing.scale) == (0.0, None, None)


@pytest.mark.parametrize("colour", [(0, 0, 0), (0, 154, 0), (255, 255, 255)])
def test_nobody_is_looked_for_in_blank_pictures(colour):
    noise = np.random.default_rng(0).integers(-3, 4, GREY.shape)  # of a camera with its cap on
    blank = np.clip(np.full(GREY.shape, colour) + noise, 0, 255).astype(np.uint8)
    framing = frame(Faces(FACE), Poses(BODY, CORNER), rgb=blank)
    assert (framing.crop, framing.people) == (None, 0.0)


def test_a_face_in_the_dark_is_looked_for():
    dark = (RAMP // 4).astype(np.uint8)  # 15 levels from the brightest to the darkest
    assert frame(Faces(FACE), Poses(BODY, CORNER), rgb=dark).crop is not None


def test_a_scene_without_samples_is_no_person():
    assert Framer(faces=Faces(FACE), poses=Poses(BODY)).frame([], 1280, 720).crop is None


def test_samples_are_taken_evenly_from_the_scene():
    assert spread(list(range(12)), 3) == [2, 6, 10]
    assert spread([1, 2], 6) == [1, 2]


def test_a_blurred_picture_is_less_sharp():
    stripes = np.zeros((360, 640, 3), np.uint8)
    stripes[:, ::8] = stripes[:, 1::8] = 200
    crop = CropBox(0, 0, 512, 704)
    assert sharpness(stripes, crop, 1280) > 100 * sharpness(GREY, crop, 1280) + 100


def test_pixels_beside_the_picture_do_not_count_as_picture():
    stripes = np.zeros((360, 640, 3), np.uint8)
    stripes[:, :256:4] = 200
    inside, across = CropBox(0, 0, 512, 704), CropBox(-64, 0, 576, 704)
    assert sharpness(stripes, across, 1280) == pytest.approx(sharpness(stripes, inside, 1280), rel=0.1)


def samples_of(path: Path, count: int = 6) -> tuple[list[Sample], int, int]:
    """About one picture a second, at most 640 pixels long."""
    with av.open(f"file:{path.absolute()}") as container:
        samples, next_s = [], 0.0
        for picture in container.decode(video=0):
            if picture.time is not None and picture.time >= next_s and len(samples) < count:
                scale = min(1.0, 640 / max(picture.width, picture.height))
                rgb = picture.reformat(int(picture.width * scale), int(picture.height * scale), "rgb24")
                samples.append(Sample(picture.time, rgb.to_ndarray()))
                next_s = picture.time + 1.0
        return samples, picture.width, picture.height


@pytest.fixture(scope="module")
def framer() -> Framer:
    return Framer()


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("talk/portrait_hevc_1.mp4", None),
        ("talk/generated_halfbody_9.mp4", None),
        ("talk/generated_stage_1.mp4", None),
        ("hands/asl_book.mkv", None),
        ("talk/head_only_vfr.mp4", Reason.HANDS_HIDDEN),
        ("hands/hands_no_face.mp4", Reason.FACE_TOO_SMALL),
        ("awkward/muted_video_sample.mp4", Reason.NO_PERSON),
    ],
)
def test_real_media_get_the_verdict_a_person_would_give(framer, media, name, verdict):
    samples, width_px, height_px = samples_of(media / name)
    assert judge(framer.frame(samples, width_px, height_px), 1.0, Thresholds()) is verdict
