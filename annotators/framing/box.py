"""A rectangle in the display pixels of the source, with fractions of a pixel."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Box:
    """Half-open: from the left and top edges up to the right and bottom ones, origin top left."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        return self.left_px, self.top_px, self.right_px, self.bottom_px

    @property
    def width_px(self) -> float:
        return self.right_px - self.left_px

    @property
    def height_px(self) -> float:
        return self.bottom_px - self.top_px

    @property
    def centre_px(self) -> np.ndarray:
        return np.array([self.left_px + self.right_px, self.top_px + self.bottom_px]) / 2

    @classmethod
    def around(cls, points_px: np.ndarray, margin_px: float = 0.0) -> Self:
        """The smallest box that holds (N, 2) points, N >= 1, and a margin on each side."""
        (left, top), (right, bottom) = points_px.min(axis=0) - margin_px, points_px.max(axis=0) + margin_px
        return cls(float(left), float(top), float(right), float(bottom))

    @classmethod
    def union(cls, boxes: Iterable[Self]) -> Self:
        """The smallest box that holds all of at least one box."""
        edges = np.array([box.edges for box in boxes])
        (left, top), (right, bottom) = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
        return cls(float(left), float(top), float(right), float(bottom))

    def grown(self, left: float, top: float, right: float, bottom: float) -> Self:
        """The box with each edge moved outwards by so many of the box's own heights."""
        unit = self.height_px
        return type(self)(
            self.left_px - left * unit,
            self.top_px - top * unit,
            self.right_px + right * unit,
            self.bottom_px + bottom * unit,
        )

    def moved(self, right_px: float, down_px: float) -> Self:
        return type(self)(
            self.left_px + right_px, self.top_px + down_px, self.right_px + right_px, self.bottom_px + down_px
        )

    def scaled(self, factor: float) -> Self:
        return type(self)(*(factor * edge for edge in self.edges))

    def within(self, width_px: float, height_px: float) -> Self:
        """The part of the box inside a picture of that size."""
        left, right = np.clip([self.left_px, self.right_px], 0, width_px)
        top, bottom = np.clip([self.top_px, self.bottom_px], 0, height_px)
        return type(self)(float(left), float(top), float(right), float(bottom))

    def holds(self, points_px: np.ndarray) -> np.ndarray:
        """(...) bool: which of (..., 2) points lie inside."""
        x, y = points_px[..., 0], points_px[..., 1]
        return (self.left_px <= x) & (x < self.right_px) & (self.top_px <= y) & (y < self.bottom_px)

    def overlap(self, other: Self) -> float:
        """Intersection over union, 0 to 1."""
        width = min(self.right_px, other.right_px) - max(self.left_px, other.left_px)
        height = min(self.bottom_px, other.bottom_px) - max(self.top_px, other.top_px)
        shared = max(width, 0.0) * max(height, 0.0)
        total = self.width_px * self.height_px + other.width_px * other.height_px - shared
        return shared / total if total > 0 else 0.0
