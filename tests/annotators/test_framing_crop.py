"""The half-body crop as geometry: ratio, picture bounds, head first, then hands."""

from hypothesis import given
from hypothesis import strategies as st

from annotators.framing.box import Box
from annotators.framing.crop import CropParams, Figure, half_body_crop
from datasets.frame import CropBox

PARAMS = CropParams()
INSIDE = CropParams(max_outside=0.0)


def figure(head: Box, *limbs: Box, face_px: float = 100.0) -> Figure:
    return Figure(head=head, limbs=limbs, middle_x_px=float(head.centre_px[0]), face_height_px=face_px)


def holds(crop: CropBox, box: Box) -> bool:
    return (
        crop.x_px <= box.left_px
        and crop.y_px <= box.top_px
        and box.right_px <= crop.x_px + crop.width_px
        and box.bottom_px <= crop.y_px + crop.height_px
    )


def test_a_speaker_with_room_around_is_framed_from_above_the_head_to_the_hips():
    crop = half_body_crop(figure(Box(900, 300, 1020, 460)), 1920, 1080, PARAMS)
    assert crop == CropBox(724, 280, 472, 650)  # 6.5 faces high, 0.2 faces above the head, centred


def test_low_hands_make_the_crop_larger():
    hands = Box(850, 900, 1070, 1000)
    crop = half_body_crop(figure(Box(900, 300, 1020, 460), hands), 1920, 1080, PARAMS)
    assert holds(crop, hands)
    assert crop.height_px == 720  # 300 to 1000 and the headroom


def test_a_hand_at_the_side_pulls_the_crop_off_the_middle():
    hand = Box(1130, 600, 1250, 700)
    crop = half_body_crop(figure(Box(900, 0, 1020, 160), hand), 1920, 720, PARAMS)
    assert holds(crop, hand)
    assert holds(crop, Box(900, 0, 1020, 160))


def test_where_head_and_hands_do_not_both_fit_the_head_is_whole():
    head, hand = Box(100, 20, 180, 140), Box(1000, 600, 1100, 700)
    crop = half_body_crop(figure(head, hand), 1280, 720, PARAMS)
    assert holds(crop, head)
    assert not holds(crop, hand)


def test_a_tall_picture_too_narrow_for_the_hands_is_crossed_at_its_sides_only():
    head, hands = Box(400, 120, 680, 400), Box(300, 1500, 800, 1760)
    crop = half_body_crop(figure(head, hands, face_px=180), 1080, 1920, PARAMS)
    assert holds(crop, hands)
    assert crop == CropBox(-56, 120, 1192, 1640)
    assert half_body_crop(figure(head, hands, face_px=180), 1080, 1920, INSIDE).width_px == 1080


def test_comfort_alone_never_leaves_the_picture():
    crop = half_body_crop(figure(Box(400, 100, 680, 400), face_px=400), 1080, 1920, PARAMS)
    assert (crop.x_px, crop.width_px) == (0, 1080)


SIZES = st.tuples(st.integers(16, 2000), st.integers(16, 2000))
PLACES = st.tuples(*[st.floats(-0.2, 1.2)] * 4)


@st.composite
def boxes(draw, width: int, height: int) -> Box:
    x0, y0, x1, y1 = draw(PLACES)
    left, right = sorted((x0 * width, x1 * width))
    top, bottom = sorted((y0 * height, y1 * height))
    return Box(left, top, right + 1, bottom + 1)


@given(data=st.data(), size=SIZES, face=st.floats(0.02, 0.6))
def test_any_figure_in_any_picture_gets_an_even_crop_of_the_clips_ratio_within_bounds(data, size, face):
    width, height = size
    head = data.draw(boxes(width, height))
    limbs = data.draw(st.lists(boxes(width, height), max_size=4))
    crop = half_body_crop(figure(head, *limbs, face_px=face * height), width, height, PARAMS)
    assert all(edge % 2 == 0 for edge in (crop.x_px, crop.y_px, crop.width_px, crop.height_px))
    assert abs(crop.width_px - crop.height_px * 512 / 704) <= 2
    assert crop.y_px >= 0
    assert crop.y_px + crop.height_px <= height
    outside = max(0, -crop.x_px) + max(0, crop.x_px + crop.width_px - width)
    assert outside <= PARAMS.max_outside * crop.width_px + 4


@given(data=st.data(), size=SIZES, face=st.floats(0.02, 0.2))
def test_a_head_that_fits_is_never_cut(data, size, face):
    width, height = size
    side = face * min(width, height)
    left = data.draw(st.floats(0, width - side))
    top = data.draw(st.floats(0, height - side))
    head = Box(left, top, left + side, top + side)
    limbs = data.draw(st.lists(boxes(width, height), max_size=4))
    crop = half_body_crop(figure(head, *limbs, face_px=side / 1.5), width, height, PARAMS)
    slack = 2.5  # of rounding to even pixels
    assert crop.x_px <= head.left_px + slack
    assert crop.y_px <= head.top_px + slack
    assert head.right_px <= crop.x_px + crop.width_px + slack
    assert head.bottom_px <= crop.y_px + crop.height_px + slack
