"""From display pixels to coded pixels: rotation, mirroring and pixels that are not square."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np

from datasets.frame import CropBox

# Past any broadcast format's pixels (DVD and anamorphic film stay below 2.4): a broken header.
_MAX_PIXEL_ASPECT = 4.0


@dataclass(frozen=True)
class Orientation:
    """How a coded picture is turned for display: transposed first, then mirrored along x and y."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def from_display_matrix(cls, matrix: bytes) -> Self:
        """The nearest quarter turn of a container's display matrix (nine integers: a b u, c d v, x y w).

        A pixel (x, y) is shown at (a x + c y, b x + d y), y downwards (ISO 14496-12, 6.2.2).
        """
        a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    @property
    def rotation_deg(self) -> int:
        """Clockwise turn from the coded to the displayed picture: 0, 90, 180 or 270; without mirroring."""
        if self.transpose:
            return 270 if self.flip_y and not self.flip_x else 90
        return 180 if self.flip_y else 0

    def apply(self, image: np.ndarray) -> np.ndarray:
        """A view of the picture (h, w, ...) as displayed."""
        turned = image.swapaxes(0, 1) if self.transpose else image
        return turned[:: -1 if self.flip_y else 1, :: -1 if self.flip_x else 1]


@dataclass(frozen=True)
class CodedBox:
    """A rectangle of the coded picture, half-open; it may reach outside the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def aligned(self, step_x: int, step_y: int) -> "PixelBox":
        """The nearest whole rectangle on a grid of `step` pixels, at least one step wide and high."""
        left, top = round(self.left / step_x) * step_x, round(self.top / step_y) * step_y
        right, bottom = round(self.right / step_x) * step_x, round(self.bottom / step_y) * step_y
        return PixelBox(left, top, max(right, left + step_x), max(bottom, top + step_y))


@dataclass(frozen=True)
class PixelBox:
    """A rectangle of whole pixels of one plane, half-open; it may reach outside the plane."""

    left: int
    top: int
    right: int
    bottom: int

    def divided(self, step_x: int, step_y: int) -> "PixelBox":
        """The same rectangle on a plane with `step` times fewer pixels."""
        return PixelBox(
            self.left // step_x, self.top // step_y, -(-self.right // step_x), -(-self.bottom // step_y)
        )

    def cut(self, plane: np.ndarray) -> np.ndarray:
        """The rectangle of the plane (h, w, ...); the picture's edge is repeated outside it."""
        height, width = plane.shape[:2]
        if min(self.left, self.top) >= 0 and self.right <= width and self.bottom <= height:
            return plane[self.top : self.bottom, self.left : self.right]
        rows = np.arange(self.top, self.bottom).clip(0, height - 1)
        columns = np.arange(self.left, self.right).clip(0, width - 1)
        return plane[rows[:, None], columns]


@dataclass(frozen=True)
class DisplayGeometry:
    """The displayed picture: its size in square pixels and how the coded picture is turned into it."""

    width_px: int
    height_px: int
    orientation: Orientation

    @classmethod
    def of(
        cls, coded_width: int, coded_height: int, pixel_aspect: Fraction | None, orientation: Orientation
    ) -> Self:
        """Square pixels come from stretching the coded width; an absent or absurd aspect counts as 1."""
        aspect = float(pixel_aspect or 1)
        if not 1 / _MAX_PIXEL_ASPECT <= aspect <= _MAX_PIXEL_ASPECT:
            aspect = 1.0
        width, height = max(1, round(coded_width * aspect)), coded_height
        if orientation.transpose:
            width, height = height, width
        return cls(width, height, orientation)

    def fitted(self, long_side_px: int) -> tuple[int, int]:
        """Even width and height, at least 2, with this long side; a smaller picture is not enlarged."""
        scale = min(1.0, long_side_px / max(self.width_px, self.height_px))
        return _even(self.width_px * scale), _even(self.height_px * scale)

    def coded_size(self, width_px: int, height_px: int) -> tuple[int, int]:
        """A displayed width and height as they lie in the coded picture."""
        return (height_px, width_px) if self.orientation.transpose else (width_px, height_px)

    def coded_box(self, crop: CropBox, coded_width: int, coded_height: int) -> CodedBox:
        """Where a rectangle of the displayed picture lies in a coded picture of this size."""
        left, right = _unflip(crop.x_px, crop.width_px, self.width_px, self.orientation.flip_x)
        top, bottom = _unflip(crop.y_px, crop.height_px, self.height_px, self.orientation.flip_y)
        width, height = self.coded_size(self.width_px, self.height_px)
        if self.orientation.transpose:
            left, top, right, bottom = top, left, bottom, right
        x_scale, y_scale = coded_width / width, coded_height / height
        return CodedBox(left * x_scale, top * y_scale, right * x_scale, bottom * y_scale)

    def whole(self) -> CropBox:
        """The whole displayed picture as a crop."""
        return CropBox(0, 0, self.width_px, self.height_px)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def _unflip(start: int, length: int, size: int, flipped: bool) -> tuple[int, int]:
    return (size - start - length, size - start) if flipped else (start, start + length)
