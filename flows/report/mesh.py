"""A posed hand as a half-transparent, shaded surface, laid over a part of the frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.camera import Camera
from datasets.hand.render import Light, rasterise, shaded, vertex_normals

_LIGHT = Light(ambient=0.5, key=0.6, rim=0.55)


@dataclass(frozen=True, eq=False)
class Surface:
    """Both hands of one frame; metres in the camera frame, NaN for a hand that is not there."""

    vertices: np.ndarray  # (2, 778, 3)
    faces: tuple[np.ndarray, np.ndarray]
    camera: Camera  # in clip pixels

    def depth_m(self, side: int) -> float:
        """Of the hand's middle; infinite for a hand that is not there."""
        depth_m = float(self.vertices[side, :, 2].mean())
        return depth_m if np.isfinite(depth_m) else float("inf")


def lay_mesh(
    layer: np.ndarray, window: np.ndarray, surface: Surface, side: int, colour: Sequence[int], alpha: float
) -> None:
    """Draw one hand into a premultiplied RGBA layer (h, w, 4) uint8 that covers `window` of the frame.

    window: x0, y0, x1, y1 in fractions of the clip; square pixels. Parts outside it are cut off.
    """
    vertices, faces = surface.vertices[side], surface.faces[side]
    camera = _zoomed(surface.camera, window, layer.shape[1])
    pixels = camera.project(vertices)
    if not np.isfinite(pixels).all():
        return
    low = np.clip(np.floor(pixels.min(axis=0)), 0, layer.shape[1::-1]).astype(int)
    high = np.clip(np.ceil(pixels.max(axis=0)), 0, layer.shape[1::-1]).astype(int)
    if (low >= high).any():
        return
    shifted = Camera(camera.focal_px, camera.centre_x_px - low[0], camera.centre_y_px - low[1])
    raster = rasterise(vertices, faces, shifted, high[1] - low[1], high[0] - low[0], cull=True)
    target = layer[low[1] : high[1], low[0] : high[0]]
    black = np.zeros((*raster.triangle.shape, 3), np.uint8)
    colours = np.tile(np.asarray(colour, float), (len(vertices), 1))
    lit = shaded(raster, faces, vertex_normals(vertices, faces), colours, black, _LIGHT)
    over = np.concatenate([lit, np.full((*black.shape[:2], 1), 255)], axis=-1) * alpha
    mixed = over + target * (1 - alpha)
    target[raster.coverage] = np.round(mixed[raster.coverage]).astype(np.uint8)


def _zoomed(camera: Camera, window: np.ndarray, width: int) -> Camera:
    """The camera whose pixels are those of the layer."""
    zoom = width / ((window[2] - window[0]) * CLIP_WIDTH_PX)
    left, top = window[0] * CLIP_WIDTH_PX, window[1] * CLIP_HEIGHT_PX
    return Camera(
        camera.focal_px * zoom, (camera.centre_x_px - left) * zoom, (camera.centre_y_px - top) * zoom
    )
