"""The pinhole camera that hands, body and the rendered talker share."""

from dataclasses import dataclass

import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX

# The clip's focal length where nothing better is known: 43 degrees of vertical field of view over the
# clip's 704 px. A documented guess, between a phone's wide camera and an interview lens.
DEFAULT_FOCAL_PX = 900.0


@dataclass(frozen=True)
class Camera:
    """Pinhole without distortion. Camera frame: metres, x right, y down, z away from the camera.

    Pixel coordinates are continuous: the centre of the top left pixel is (0.5, 0.5).
    """

    focal_px: float
    centre_x_px: float
    centre_y_px: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 2) pixels of (..., 3) points in metres; a point at z <= 0 has no picture and gives NaN."""
        depth = np.where(points[..., 2:] > 0, points[..., 2:], np.nan)
        return self.focal_px * points[..., :2] / depth + np.array([self.centre_x_px, self.centre_y_px])


def clip_camera(focal_px: float = DEFAULT_FOCAL_PX) -> Camera:
    """The camera of a clip: its principal point is the clip's middle."""
    return Camera(focal_px, CLIP_WIDTH_PX / 2, CLIP_HEIGHT_PX / 2)
