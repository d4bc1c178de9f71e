"""From a decoded frame to small pictures, without converting it at full size where that can be helped."""

from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np

from datasets.frame import CropBox
from datasets.media.colour import FULL_RANGE, HLG, PQ, is_known_matrix, to_bt601, tone_mapped
from datasets.media.geometry import DisplayGeometry

# 8-bit planar Y, U, V (and perhaps alpha): the planes are resized as they lie.
_PLANAR_8BIT = frozenset(
    {"yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuva420p", "yuva444p"}
    | {"yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p", "yuvj411p"}
)


@dataclass(frozen=True)
class Target:
    """A picture to make: the part of the displayed picture it shows and its even size in pixels."""

    crop: CropBox
    width_px: int
    height_px: int


def to_i420(frame: av.VideoFrame, geometry: DisplayGeometry, target: Target, *, smooth: bool) -> np.ndarray:
    """(height * 3 / 2, width) uint8, BT.601 limited range: rows of Y, then U, then V.

    smooth averages all pixels where the picture shrinks; without it four neighbours are read, which is ten
    times cheaper and enough for a cut detector.
    """
    if not _is_planar(frame):
        rgb = _rgb(frame, geometry, target)
        return cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2YUV_I420)
    resized = _resized_planes(frame, geometry, target, smooth)
    full_range = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
    return _packed(geometry, to_bt601(resized, frame.colorspace, full_range), target)


def to_rgb(frame: av.VideoFrame, geometry: DisplayGeometry, target: Target) -> np.ndarray:
    """(height, width, 3) uint8 RGB with colour at full resolution: ffmpeg's own conversion."""
    return np.ascontiguousarray(_rgb(frame, geometry, target))


def i420_to_rgb(frames: np.ndarray, *, buffer: np.ndarray | None = None) -> np.ndarray:
    """(T, h * 3 / 2, w) uint8 BT.601 limited range as (T, h, w, 3) uint8 RGB.

    With a `buffer` (T or more, h, w, 3) the result is a view of it: touching 300 MB of fresh memory for each
    clip costs about as much as the conversion.
    """
    count, rows, width = frames.shape
    shape = (count, rows * 2 // 3, width, 3)
    fits = buffer is not None and len(buffer) >= count and buffer.shape[1:] == shape[1:]
    rgb = buffer[:count] if buffer is not None and fits else np.empty(shape, np.uint8)
    for source, destination in zip(frames, rgb, strict=True):
        cv2.cvtColor(source, cv2.COLOR_YUV2RGB_I420, dst=destination)
    return rgb


def _is_planar(frame: av.VideoFrame) -> bool:
    if frame.format.name not in _PLANAR_8BIT or not is_known_matrix(frame.colorspace):
        return False
    if frame.color_trc in (PQ, HLG):
        return False
    return all(plane.line_size > 0 for plane in frame.planes)


def _resized_planes(
    frame: av.VideoFrame, geometry: DisplayGeometry, target: Target, smooth: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Y, U, V of the target still turned as they were coded; U and V of half size."""
    y, u, v = (_plane(plane) for plane in frame.planes[:3])
    step_x, step_y = round(y.shape[1] / u.shape[1]), round(y.shape[0] / u.shape[0])
    box = geometry.coded_box(target.crop, frame.width, frame.height).aligned(step_x, step_y)
    chroma_box = box.divided(step_x, step_y)
    width, height = geometry.coded_size(target.width_px, target.height_px)
    half = (width // 2, height // 2)
    return (
        _resize(box.cut(y), (width, height), smooth),
        _resize(chroma_box.cut(u), half, smooth),
        _resize(chroma_box.cut(v), half, smooth),
    )


def _plane(plane: Any) -> np.ndarray:
    """(h, w) uint8 view of a plane's pixels."""
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _resize(image: np.ndarray, size: tuple[int, int], smooth: bool) -> np.ndarray:
    """The image (h, w, ...) at this width and height."""
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    if not smooth:
        return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    if size[0] * size[1] >= width * height:
        return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    return _shrunk(image, size)


def _shrunk(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The image averaged down: bilinear to the nearest whole multiple of the size, then block means.

    Four times cheaper than OpenCV's exact area mean for fractional ratios, and within a grey level of it.
    """
    height, width = image.shape[:2]
    multiple = (size[0] * max(1, round(width / size[0])), size[1] * max(1, round(height / size[1])))
    if multiple != (width, height):
        image = cv2.resize(image, multiple, interpolation=cv2.INTER_LINEAR)
    return image if multiple == size else cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _packed(geometry: DisplayGeometry, planes: tuple[np.ndarray, ...], target: Target) -> np.ndarray:
    """The planes turned for display and laid one after the other."""
    packed = np.empty((target.height_px * 3 // 2, target.width_px), np.uint8)
    flat, start = packed.reshape(-1), 0
    for plane in planes:
        turned = geometry.orientation.apply(plane)
        flat[start : start + turned.size].reshape(turned.shape)[...] = turned
        start += turned.size
    return packed


def _rgb(frame: av.VideoFrame, geometry: DisplayGeometry, target: Target) -> np.ndarray:
    """(h, w, 3) uint8 RGB of any pixel format: converted and shrunk at once, then cropped and turned."""
    width, height = geometry.coded_size(target.width_px, target.height_px)
    box = geometry.coded_box(target.crop, frame.width, frame.height)
    shrink = min(1.0, max(width / (box.right - box.left), height / (box.bottom - box.top)))
    full = _converted(frame, max(1, round(frame.width * shrink)), max(1, round(frame.height * shrink)))
    box = geometry.coded_box(target.crop, full.shape[1], full.shape[0])
    cropped = _resize(np.ascontiguousarray(box.aligned(1, 1).cut(full)), (width, height), smooth=True)
    return geometry.orientation.apply(cropped)


def _converted(frame: av.VideoFrame, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8 RGB of the whole coded frame."""
    high_range = frame.color_trc in (PQ, HLG)
    pixels = frame.reformat(
        width=width,
        height=height,
        format="rgb48le" if high_range else "rgb24",
        interpolation="AREA" if width < frame.width else "BILINEAR",
        src_color_range=frame.color_range or None,
    ).to_ndarray()
    return tone_mapped(pixels, frame.color_trc) if high_range else pixels
