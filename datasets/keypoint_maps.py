"""Keypoint maps: skeletons drawn on black from scored points, as pose-conditioned video models read them."""

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.skeleton import BONES

LIMBS = tuple((bone.start, bone.end) for bone in BONES)  # of `arms_and_legs`' twelve points

MIN_SCORE = 0.3  # below it a point is as often wrong as right, so a limb drawn to it would mislead
# Stroke width and radius over the picture's width, as OpenPose draws.
_LIMB_SHARE, _JOINT_SHARE = 4 / 512, 4 / 512
_FIXED_BITS = 4  # sixteenths of a pixel
_FARTHEST_PX = 16_000.0  # from the picture's corner; OpenCV's fixed-point numbers hold twice as much


def keypoint_maps(
    points: np.ndarray,
    bones: Sequence[tuple[int, int]] = LIMBS,
    *,
    min_score: float = MIN_SCORE,
    colours: np.ndarray | None = None,
    height_px: int = CLIP_HEIGHT_PX,
    width_px: int = CLIP_WIDTH_PX,
) -> np.ndarray:
    """(T, H, W, 3) uint8 RGB maps, one skeleton a frame on black.

    points (T, K, 3): x and y as fractions of the picture's width and height, score in [0, 1]; a point that is
    not finite or scores below `min_score` is left out, and so is every bone that ends in it. A bone's
    brightness is the lower score of its ends, a joint's is its own. bones: pairs of rows of K, drawn in this
    order; by default those of `datasets.skeleton.arms_and_legs`. colours (len(bones), 3) RGB in 0..255, by
    default `bone_colours`; a joint is white.
    """
    palette = bone_colours(len(bones)) if colours is None else np.asarray(colours)
    pictures = np.zeros((len(points), height_px, width_px, 3), np.uint8)
    pixels = np.asarray(points[..., :2], float) * (width_px, height_px)
    drawable = np.isfinite(points).all(axis=-1) & (np.abs(pixels) < _FARTHEST_PX).all(axis=-1)
    scores = np.where(drawable & (points[..., 2] >= min_score), np.clip(points[..., 2], 0, 1), 0.0)
    # The centre of the first pixel is (0.5, 0.5) here and (0, 0) in OpenCV.
    fixed = np.where(drawable[..., None], np.round((pixels - 0.5) * (1 << _FIXED_BITS)), 0).astype(int)
    for picture, places, shares in zip(pictures, fixed.tolist(), scores.tolist(), strict=True):
        _draw(picture, places, shares, bones, palette)
    return pictures


def bone_colours(count: int) -> np.ndarray:
    """(count, 3) uint8 RGB: full colours evenly around the hue circle, neighbours in the list alike."""
    hues = [colorsys.hsv_to_rgb(i / max(count, 1), 1.0, 1.0) for i in range(count)]
    return np.round(np.array(hues).reshape(-1, 3) * 255).astype(np.uint8)


def _draw(
    picture: np.ndarray,
    places: list[list[int]],
    shares: list[float],
    bones: Sequence[tuple[int, int]],
    palette: np.ndarray,
) -> None:
    """Fill one black picture; places in fixed-point pixels, share 0 is a point left out."""
    stroke_px = max(1, round(_LIMB_SHARE * picture.shape[1]))
    radius = max(1, round(_JOINT_SHARE * picture.shape[1] * (1 << _FIXED_BITS)))
    for (a, b), colour in zip(bones, palette.tolist(), strict=True):
        share = min(shares[a], shares[b])
        if share > 0:
            paint = [share * channel for channel in colour]
            cv2.line(picture, places[a], places[b], paint, stroke_px, cv2.LINE_AA, _FIXED_BITS)
    for joint in sorted({end for bone in bones for end in bone}):
        if shares[joint] > 0:
            paint = [255 * shares[joint]] * 3
            cv2.circle(picture, places[joint], radius, paint, cv2.FILLED, cv2.LINE_AA, _FIXED_BITS)
