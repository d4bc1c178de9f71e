import base64
from dataclasses import replace

import cv2
import numpy as np
import pytest

from datasets.hand.neutral import neutral_hand
from datasets.media.encode import encode_jpeg
from flows.clip_labels import ClipLabels
from flows.report.data import ClipRow, DrawnClip
from flows.report.sheet import Picture, Sheet, make_sheet
from tests.flows.report.conftest import FRAMES, known_labels, picture

MODELS = {"neutral": neutral_hand()}
ROW = ClipRow(
    clip_id="a", uri="/raw/talk.mp4", dataset=None, speaker=None, start_s=0.0, end_s=2.4, n_frames=FRAMES,
    split=None, state="kept", reason=None, detail=None, scores={}, provenance=(),
)  # fmt: skip


def sheet(clip: DrawnClip) -> Sheet:
    return make_sheet(clip, 6, MODELS)


def pixels(drawn: Picture | str) -> np.ndarray:
    uri = drawn if isinstance(drawn, str) else drawn.data_uri
    encoded = np.frombuffer(base64.b64decode(uri.split(",", 1)[1]), np.uint8)
    return cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1]


@pytest.fixture
def labelled(clip_mp4) -> DrawnClip:
    return DrawnClip(ROW, known_labels(), clip_mp4, None)


def test_frames_are_spread_over_the_clip_and_say_what_each_hand_is(labelled):
    made = sheet(labelled)
    assert [round(frame.time_s * 25) for frame in made.frames] == [5, 15, 25, 35, 45, 55]
    left, right = made.frames[0].hands
    assert (left.side, left.state, left.confidence) == ("left", "measured", 0.75)
    assert (right.side, right.state) == ("right", "none")
    assert made.hands.confidence == (0.75, None)
    assert (made.others, made.calibration) == (7, "5f3a91c0")
    assert made.note is None


def test_a_hand_found_and_left_out_by_the_mask_is_called_masked(labelled):
    valid = np.zeros((FRAMES, 2), np.uint8)
    valid[20:30, 0] = 2
    made = sheet(replace(labelled, labels=replace(labelled.labels, hands_valid=valid)))
    assert [frame.hands[0].state for frame in made.frames] == ["masked"] * 2 + ["interpolated"] + [
        "masked"
    ] * 3
    assert {frame.hands[1].state for frame in made.frames} == {"none"}
    assert made.closeups[0].hands[0].state == "interpolated"


def test_pictures_have_the_size_they_announce(labelled):
    made = sheet(labelled)
    for drawn in (*made.frames, *made.closeups):
        assert pixels(drawn).shape == (drawn.height_px, drawn.width_px, 3)


def test_only_hands_that_were_seen_get_a_close_up(labelled):
    assert [close.hands[0].side for close in sheet(labelled).closeups] == ["left"]


def test_a_row_of_pictures_stays_small(labelled):
    made = sheet(labelled)
    assert sum(len(drawn.data_uri) for drawn in (*made.frames, *made.closeups)) < 66_000


def test_a_busy_picture_is_stored_more_coarsely_to_stay_small():
    noise = np.random.default_rng(0).normal(128, 12, (286, 208, 3)).clip(0, 255).astype(np.uint8)
    made = sheet(DrawnClip(replace(ROW, state="filtered"), ClipLabels(), None, encode_jpeg(noise)))
    finest = cv2.imencode(".webp", noise[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 70])[1].size
    assert len(base64.b64decode(made.reference.split(",", 1)[1])) <= 0.12 * 208 * 286 < finest


def test_a_clip_without_labels_shows_bare_frames(clip_mp4):
    made = sheet(DrawnClip(ROW, ClipLabels(), clip_mp4, None))
    small = cv2.resize(picture(), (208, 286), interpolation=cv2.INTER_AREA)
    assert np.abs(pixels(made.frames[0]).astype(int) - small).mean() < 6
    assert made.closeups == ()
    assert made.timeline is None
    assert made.hands is None


def test_a_clip_filtered_unseen_shows_its_still():
    unseen = replace(ROW, state="filtered", reason="too_short")
    made = sheet(DrawnClip(unseen, ClipLabels(), None, encode_jpeg(picture())))
    assert made.frames == ()
    assert pixels(made.reference).shape == (286, 208, 3)
    assert made.note is None


@pytest.mark.parametrize("damaged", [b"no video", pytest.param(None, id="cut off")])
def test_a_damaged_video_is_said_and_ends_nothing(labelled, damaged):
    broken = damaged or labelled.mp4[: len(labelled.mp4) // 2]
    made = sheet(replace(labelled, mp4=broken, reference=b"no picture"))
    assert made.frames == ()
    assert made.reference is None
    assert "cannot be read" in made.note


def test_a_video_shorter_than_its_row_is_said(labelled):
    made = sheet(replace(labelled, row=replace(ROW, n_frames=400), labels=ClipLabels()))
    assert "shorter than its row" in made.note


def test_a_kept_clip_without_video_is_said():
    assert "ingest its source again" in sheet(DrawnClip(ROW, ClipLabels(), None, None)).note


def test_a_hand_model_that_was_not_given_is_said(labelled):
    made = sheet(replace(labelled, labels=replace(labelled.labels, hands_model="0123abcd")))
    assert "0123abcd" in made.note
    assert len(made.frames) == 6
