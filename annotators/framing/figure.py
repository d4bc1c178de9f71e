"""The speaker's figure: head, shoulders and hands over the samples, which the crop is built around."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotators.framing.box import Box
from annotators.framing.crop import CropParams, Figure, head_box
from annotators.pose import BodyPoint, PoseFinder
from datasets.frame import CropBox

VISIBLE = 0.5  # MediaPipe's visibility is a probability

_HANDS = ([15, 17, 19, 21], [16, 18, 20, 22])  # wrist, knuckles of pinky and index, thumb; left, then right
_WRISTS = [BodyPoint.LEFT_WRIST, BodyPoint.RIGHT_WRIST]
_SHOULDERS = [BodyPoint.LEFT_SHOULDER, BodyPoint.RIGHT_SHOULDER]
_ELBOWS = [BodyPoint.LEFT_ELBOW, BodyPoint.RIGHT_ELBOW]
_REGION = (4.0, 1.5, 4.0, 8.0)  # left, top, right, bottom of a face, in face heights: stretched arms, hips
_FACE_OF_SHOULDERS = 0.5  # forehead to chin 18 cm, shoulder joint to shoulder joint 36 cm


@dataclass(frozen=True)
class Body:
    """A body in one sample."""

    points_px: np.ndarray  # (33, 2) in display pixels
    visible: np.ndarray  # (33,) bool: seen, and inside the picture

    @property
    def arms(self) -> list[int]:
        """Indices of the shoulders, and of the elbows that are visible."""
        return [*_SHOULDERS, *(elbow for elbow in _ELBOWS if self.visible[elbow])]

    @property
    def face(self) -> Box:
        """Where the face must be, from nose and shoulders, for a body without a detected face."""
        half_px = _FACE_OF_SHOULDERS * np.linalg.norm(np.diff(self.points_px[_SHOULDERS], axis=0)) / 2
        return Box.around(self.points_px[[BodyPoint.NOSE]], float(half_px))


def find_body(finder: PoseFinder, rgb: np.ndarray, face: Box | None, width_px: int) -> Body | None:
    """The body below a face, or with no face the most prominent body that shows both shoulders.

    rgb: the whole picture at any size, `width_px` wide in display pixels; the face in these. None where no
    body is found, or one whose nose is not in the face: then it is somebody else's.
    """
    scale = rgb.shape[1] / width_px
    height, width = rgb.shape[:2]
    region = Box(0, 0, width, height) if face is None else face.scaled(scale).grown(*_REGION)
    left, top, right, bottom = (round(edge) for edge in region.within(width, height).edges)
    landmarks = finder.find(rgb[top:bottom, left:right])
    if landmarks is None:
        return None
    points = landmarks[:, :2] * [right - left, bottom - top] + [left, top]
    seen = (landmarks[:, 2] >= VISIBLE) & Box(0, 0, width, height).holds(points)
    body = Body(points / scale, seen)
    return body if _belongs(body, face) else None


def body_figure(faces: Sequence[Box], bodies: Sequence[Body], params: CropParams) -> Figure:
    """What the crop must respect, from the speaker's faces (at least one) and bodies (or none)."""
    face_height_px = float(np.median([face.height_px for face in faces]))
    head = Box.union([head_box(face, params) for face in faces])
    margin_px = params.hand_margin * face_height_px
    hands = [
        Box.around(body.points_px[hand][body.visible[hand]], margin_px)
        for body in bodies
        for hand in _HANDS
        if body.visible[hand].any()
    ]
    arms = [Box.around(body.points_px[body.arms], params.arm_margin * face_height_px) for body in bodies]
    middles_px = [body.points_px[_SHOULDERS].mean(axis=0)[0] for body in bodies] or [head.centre_px[0]]
    return Figure(
        head=head,
        limbs=(*arms, *hands),
        middle_x_px=float(np.median(middles_px)),
        face_height_px=face_height_px,
    )


def hand_visibility(bodies: Sequence[Body | None], crop: CropBox) -> float:
    """Mean over samples of the fraction of the two wrists seen inside the crop; 0 in one without a body."""
    inside = Box(crop.x_px, crop.y_px, crop.x_px + crop.width_px, crop.y_px + crop.height_px)
    fractions = [
        0.0 if body is None else np.mean(body.visible[_WRISTS] & inside.holds(body.points_px[_WRISTS]))
        for body in bodies
    ]
    return float(np.mean(fractions)) if fractions else 0.0


def _belongs(body: Body, face: Box | None) -> bool:
    if face is None:
        return bool(body.visible[_SHOULDERS].all())
    return bool(face.grown(0.5, 0.5, 0.5, 0.5).holds(body.points_px[BodyPoint.NOSE]))
