"""The half-body crop: where to cut the clip's picture out of the source's, as pure geometry."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotators.framing.box import Box
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX, CropBox

_ASPECT = CLIP_WIDTH_PX / CLIP_HEIGHT_PX

_Interval = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """What the crop must show, over all samples, in display pixels of the source."""

    head: Box  # hair included
    limbs: tuple[Box, ...]  # of each sample: shoulders and elbows, left hand, right hand, as far as visible
    middle_x_px: float  # of the torso, the preferred centre
    face_height_px: float

    @property
    def reach(self) -> Box:
        return Box.union([self.head, *self.limbs])


@dataclass(frozen=True)
class CropParams:
    """Lengths in face heights, forehead to chin, but for `max_outside`."""

    head_top: float = 0.7  # hair above the face's box
    head_side: float = 0.35
    head_bottom: float = 0.15
    arm_margin: float = 0.35  # cloth about shoulders and elbows
    hand_margin: float = 0.45  # fingers beyond the hand's points, and motion between the samples
    headroom: float = 0.2  # wanted above the head
    min_height: float = 6.5  # from above the head to hands that rest at the hips
    max_outside: float = 0.16  # fraction of the crop's width beside the picture, where hands ask for it


def half_body_crop(figure: Figure, width_px: int, height_px: int, params: CropParams) -> CropBox:
    """The crop of 512:704 about the speaker in a picture of that size.

    As high as head, shoulders and hands of all samples ask for, and at least `min_height` faces. Where a tall
    picture is too narrow for that, head and hands come first and the crop reaches over its sides, by no more
    than `max_outside` of the crop's width; never over top or bottom, where repeated rows smear the body.
    Where not everything fits, the head is kept whole, and as much of the hands as can be. Edges are even, so
    that subsampled chroma is cut without a shift; the ratio is off by less than 2 pixels.
    """
    reach, face_px = figure.reach.within(width_px, height_px), figure.face_height_px
    inside_px = min(height_px, width_px / _ASPECT)
    largest_px = min(height_px, width_px / _ASPECT / (1 - params.max_outside))
    needed_px = max(reach.height_px, reach.width_px / _ASPECT)
    pleasant_px = max(params.min_height * face_px, needed_px + params.headroom * face_px)
    tall_px = max(min(pleasant_px, inside_px), min(needed_px, largest_px))
    wide_px = tall_px * _ASPECT
    left_px = _place(
        figure.middle_x_px - wide_px / 2,
        wide_px,
        (figure.head.left_px, figure.head.right_px),
        [(limb.left_px, limb.right_px) for limb in figure.limbs],
        width_px,
    )
    top_px = _place(
        figure.head.top_px - params.headroom * face_px,
        tall_px,
        (figure.head.top_px, figure.head.bottom_px),
        [(limb.top_px, limb.bottom_px) for limb in figure.limbs],
        height_px,
    )
    return _even(left_px, top_px, wide_px, tall_px, width_px, height_px)


def head_box(face: Box, params: CropParams) -> Box:
    """The head, hair included, of a face's box."""
    return face.grown(params.head_side, params.head_top, params.head_side, params.head_bottom)


def _place(
    wanted: float, length: float, head: _Interval, limbs: Sequence[_Interval], picture_length: float
) -> float:
    """Where a window of that length starts, along one axis of the picture.

    Inside the picture before all (or with the picture inside it); then with the whole head, or the middle of
    one longer than the window; then with as much of the limbs as can be; then near `wanted`. What is seen of
    the limbs is piecewise linear in the start, so the best start is the wanted one or meets a limb's edge.
    """
    starts = [wanted, *(limb[0] for limb in limbs), *(limb[1] - length for limb in limbs)]
    if head[1] - head[0] <= length:
        possible = [_between(start, head[1] - length, head[0]) for start in starts]
    else:
        possible = [(head[0] + head[1] - length) / 2]
    inside = [_between(start, 0.0, picture_length - length) for start in possible]
    return max(inside, key=lambda start: (round(_seen(start, length, limbs), 3), -abs(start - wanted)))


def _between(value: float, one: float, other: float) -> float:
    """The nearest value between two bounds, in whichever order."""
    return min(max(value, min(one, other)), max(one, other))


def _seen(start: float, length: float, limbs: Sequence[_Interval]) -> float:
    """Sum over limbs of the fraction of each that the window shows."""
    overlaps = [max(0.0, min(last, start + length) - max(first, start)) for first, last in limbs]
    return sum(
        overlap / (last - first)
        for overlap, (first, last) in zip(overlaps, limbs, strict=True)
        if last > first
    )


def _even(left: float, top: float, wide: float, tall: float, width_px: int, height_px: int) -> CropBox:
    """Rounded to even pixels, at least 2 each way, without leaving a picture that holds the crop."""
    wide_px, tall_px = max(2, 2 * round(wide / 2)), max(2, min(2 * round(tall / 2), height_px // 2 * 2))
    if wide <= width_px:
        wide_px = max(2, min(wide_px, width_px // 2 * 2))
        left = min(left, (width_px - wide_px) // 2 * 2)
    top = min(top, (height_px - tall_px) // 2 * 2)
    return CropBox(2 * round(left / 2), 2 * round(top / 2), wide_px, tall_px)
