"""Body and hands drawn over a clip's frames: a person sees whether the stored numbers lie on the picture.

Dots are the detector's landmarks; the half-transparent surface and the bones in it are the stored MANO
parameters, posed and projected through the stored camera. Where both agree, every dot sits on a joint. Left and
right have the colours of the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.layout import INTERPOLATED, MEASURED, NONE
from datasets.hand.model import HandModel
from flows.clip_labels import ClipLabels, posed_keypoints, posed_meshes, rows_of
from flows.report.mesh import Surface, lay_mesh

LEFT_RGB, RIGHT_RGB = (
    (255, 194, 10),
    (58, 160, 255),
)  # amber and blue: apart for every kind of colour blindness
BODY_RGB = (240, 240, 240)
HALO_RGB = (16, 18, 24)
MASKED_RGB = (190, 190, 190)
_OVERSAMPLING = 4  # strokes are drawn this much larger, then reduced
_LARGE_HAND_PX = 130  # extent in the drawn picture from which strokes have their full width
_FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
HAND_BONES = tuple(pair for f in _FINGERS for pair in zip((0, *f[:-1]), f, strict=True))
# Shoulders, arms, sides and hips of MediaPipe's 33 landmarks.
BODY_BONES = ((11, 12), (11, 13), (13, 15), (12, 14), (14, 16), (11, 23), (12, 24), (23, 24))
_CLOSEUP_MARGIN = 1.5  # side of a close-up over the hand's own extent
_BONES_FROM = 0.6  # stroke from which bones are drawn: in a smaller hand they would hide the surface
_LEAST_MASKED_PX = 0.9  # radius of a masked hand's dot: smaller ones cannot be seen
_FAINTEST, _STRONGEST = 0.28, 0.56  # opacity of a surface at confidence 0 and 1: the hand shows through


@dataclass(frozen=True)
class FrameMarks:
    """What is stored about one frame; points as fractions of the clip's width and height, NaN if unknown."""

    body: np.ndarray | None  # (33, 3) x, y, visibility
    detected: np.ndarray | None  # (2, 21, 2) landmarks, left then right
    posed: np.ndarray | None  # (2, 21, 2) MANO keypoints projected, left then right
    valid: np.ndarray  # (2,) 0 none, 1 measured, 2 interpolated
    confidence: np.ndarray  # (2,) in [0, 1]
    surface: Surface | None = None

    def found(self, side: int) -> bool:
        """The detector saw this hand, whatever the mask says of it."""
        return self.detected is not None and bool(np.isfinite(self.detected[side]).all())


def frame_marks(
    labels: ClipLabels, frames: Sequence[int], models: Mapping[str, HandModel]
) -> list[FrameMarks]:
    """The marks of these frames. A hand model that `models` lacks leaves `posed` and `surface` empty."""
    model = models.get(labels.hands_model or "")
    body, detected = rows_of(labels.body_keypoints, frames, (33, 3)), labels.detected(frames)
    posed, meshes = posed_keypoints(labels, frames, model), posed_meshes(labels, frames, model)
    valid, confidence = (
        rows_of(column, frames, (2,)) for column in (labels.hands_valid, labels.hands_confidence)
    )
    unseen, camera = np.zeros(2), labels.camera
    return [
        FrameMarks(
            None if body is None else body[i],
            None if detected is None else detected[i],
            None if posed is None else posed[i],
            unseen if valid is None else valid[i],
            unseen if confidence is None else np.nan_to_num(confidence[i]),
            Surface(meshes.vertices[i], meshes.faces, camera) if meshes and camera else None,
        )
        for i in range(len(frames))
    ]


def disagreement_px(labels: ClipLabels, model: HandModel | None) -> tuple[float | None, float | None]:
    """Median distance in clip pixels between detected and posed points over measured frames, left and right.

    None for a hand that was never measured, or that cannot be posed.
    """
    frames = range(0 if labels.hands_valid is None else len(labels.hands_valid))
    posed = posed_keypoints(labels, frames, model) if frames else None
    detected = labels.detected(frames)
    if posed is None or detected is None or labels.hands_valid is None:
        return None, None
    apart = np.linalg.norm((posed - detected) * (CLIP_WIDTH_PX, CLIP_HEIGHT_PX), axis=-1)
    left, right = (_median(apart[labels.hands_valid[:, i] == MEASURED, i]) for i in (0, 1))
    return left, right


def _median(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else None


def draw(frame: np.ndarray, marks: FrameMarks, width_px: int) -> np.ndarray:
    """The whole frame (h, w, 3) uint8 RGB reduced to `width_px`, with body and hands over it."""
    height, width = frame.shape[:2]
    window = np.array([0.0, 0.0, 1.0, 1.0])
    return _draw_window(frame, marks, window, (width_px, round(width_px * height / width)), (0, 1))


def draw_hand(frame: np.ndarray, marks: FrameMarks, side: int, size_px: int) -> np.ndarray | None:
    """A square close-up of one hand (0 left, 1 right), or None where the frame holds no point of it."""
    window = _hand_window(marks, side, frame.shape[1] / frame.shape[0])
    return None if window is None else _draw_window(frame, marks, window, (size_px, size_px), (side,))


def _hand_window(marks: FrameMarks, side: int, aspect: float) -> np.ndarray | None:
    """x0, y0, x1, y1 in fractions of the frame: a square in pixels around both versions of the hand."""
    if marks.valid[side] == NONE and not marks.found(side):
        return None
    points = np.concatenate(
        [kind[side] for kind in (marks.detected, marks.posed) if kind is not None] or [[]]
    )
    points = points[np.isfinite(points).all(axis=-1)] if points.size else points
    if not len(points):
        return None
    points = np.clip(points, -0.2, 1.2)  # a pose gone astray must not shrink the hand to a dot
    middle = (points.min(0) + points.max(0)) / 2
    extent = (points.max(0) - points.min(0)) * (aspect, 1.0)  # in frame heights
    half = max(float(extent.max()), 0.08) * _CLOSEUP_MARGIN / 2
    reach = np.array([half / aspect, half])
    return np.concatenate([middle - reach, middle + reach])


def _draw_window(
    frame: np.ndarray, marks: FrameMarks, window: np.ndarray, size_px: tuple[int, int], sides: Sequence[int]
) -> np.ndarray:
    """Cut `window` out of the frame and lay the marks over it, drawn large and reduced."""
    width, height = size_px
    # Colours are premultiplied by the fourth channel, so that soft edges keep the line's own colour.
    layer = np.zeros((height * _OVERSAMPLING, width * _OVERSAMPLING, 4), np.uint8)
    canvas = _Canvas(layer, window)
    if marks.body is not None and len(sides) == 2:
        _draw_body(canvas, marks.body, width / 200)
    for side in _far_to_near(marks, sides):
        _draw_hand_marks(canvas, marks, side)
    reduced = cv2.resize(layer, size_px, interpolation=cv2.INTER_AREA).astype(np.float32)
    shown = _cut(frame, window, size_px) * (1 - reduced[..., 3:] / 255) + reduced[..., :3]
    return np.clip(shown + 0.5, 0, 255).astype(np.uint8)


def _cut(frame: np.ndarray, window: np.ndarray, size_px: tuple[int, int]) -> np.ndarray:
    """`window` of the frame at `size_px` (width, height); dark grey where it leaves the frame."""
    height, width = frame.shape[:2]
    if (window == (0, 0, 1, 1)).all():
        method = cv2.INTER_AREA if size_px[0] < width else cv2.INTER_LINEAR
        return cv2.resize(frame, size_px, interpolation=method)
    left, top, right = window[:3] * (width, height, width)
    zoom = size_px[0] / (right - left)
    matrix = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]])
    return cv2.warpAffine(frame, matrix, size_px, borderMode=cv2.BORDER_CONSTANT, borderValue=(40, 40, 40))


@dataclass(frozen=True)
class _Canvas:
    """A premultiplied RGBA layer, and the part of the frame that it covers; widths are in reduced pixels."""

    layer: np.ndarray
    window: np.ndarray

    def place(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) layer pixels of points in fractions of the frame; NaN stays NaN."""
        size = np.array(self.layer.shape[1::-1])
        return (points - self.window[:2]) / (self.window[2:] - self.window[:2]) * size

    def line(
        self, a: np.ndarray, b: np.ndarray, colour: Sequence[int], width_px: float, alpha: float = 1.0
    ) -> None:
        if _drawable(a, b):
            thickness = max(1, round(width_px * _OVERSAMPLING))
            cv2.line(self.layer, _fixed(a), _fixed(b), _paint(colour, alpha), thickness, cv2.LINE_AA, 4)

    def dot(self, at: np.ndarray, colour: Sequence[int], radius_px: float, alpha: float = 1.0) -> None:
        if _drawable(at):
            radius = round(radius_px * _OVERSAMPLING * 16)
            cv2.circle(self.layer, _fixed(at), radius, _paint(colour, alpha), -1, cv2.LINE_AA, 4)


def _draw_body(canvas: _Canvas, body: np.ndarray, stroke: float) -> None:
    """Arms and torso, paler the less visible their ends are."""
    points, seen = canvas.place(body[:, :2]), np.nan_to_num(np.clip(body[:, 2], 0, 1))
    for a, b in BODY_BONES:
        alpha = float(min(seen[a], seen[b]))
        canvas.line(points[a], points[b], HALO_RGB, 2.4 * stroke, 0.4 * alpha)
        canvas.line(points[a], points[b], BODY_RGB, 1.1 * stroke, 0.85 * alpha)
    for joint in sorted({end for bone in BODY_BONES for end in bone}):
        canvas.dot(points[joint], BODY_RGB, 1.6 * stroke, float(seen[joint]))


def _far_to_near(marks: FrameMarks, sides: Sequence[int]) -> list[int]:
    surface = marks.surface
    return sorted(sides, key=surface.depth_m, reverse=True) if surface else list(sides)


def _draw_hand_marks(canvas: _Canvas, marks: FrameMarks, side: int) -> None:
    """Surface and bones where the mask shows a hand; dots where the detector saw one, grey where masked."""
    colour, state = (LEFT_RGB, RIGHT_RGB)[side], marks.valid[side]
    kinds = [kind for kind in (marks.posed, marks.detected) if kind is not None]
    stroke = _stroke([canvas.place(kind[side]) for kind in kinds])
    if state != NONE:
        _draw_posed(canvas, marks, side, stroke)
    if marks.detected is None or state == INTERPOLATED:
        return
    points = canvas.place(marks.detected[side])
    paint, radius_px, halo = _lighter(colour), 2.1 * stroke, 1.0
    if state == NONE:
        paint, radius_px, halo = MASKED_RGB, max(1.3 * stroke, _LEAST_MASKED_PX), 0.5
    for point in points:
        canvas.dot(point, HALO_RGB, radius_px + 0.8 * stroke, halo)
    for point in points:
        canvas.dot(point, paint, radius_px)


def _draw_posed(canvas: _Canvas, marks: FrameMarks, side: int, stroke: float) -> None:
    """The surface, the more solid the surer the hand, and fine bones in it."""
    colour, sure = (LEFT_RGB, RIGHT_RGB)[side], float(np.clip(marks.confidence[side], 0, 1))
    if marks.surface is not None:
        alpha = _FAINTEST + (_STRONGEST - _FAINTEST) * sure
        lay_mesh(canvas.layer, canvas.window, marks.surface, side, colour, alpha)
    if marks.posed is not None and (stroke >= _BONES_FROM or marks.surface is None):
        points = canvas.place(marks.posed[side])
        for a, b in HAND_BONES:
            canvas.line(points[a], points[b], HALO_RGB, 1.3 * stroke, 0.75)


def _stroke(hands: Sequence[np.ndarray]) -> float:
    """The factor on all widths: small hands get fine strokes, so that they are not painted over."""
    finite = [points[np.isfinite(points).all(axis=-1)] for points in hands]
    extents = [float(np.ptp(points, axis=0).max()) for points in finite if len(points)]
    return float(np.clip(min(extents, default=0.0) / _OVERSAMPLING / _LARGE_HAND_PX, 0.35, 1.0))


def _lighter(colour: Sequence[int]) -> tuple[int, ...]:
    return tuple(round(0.35 * channel + 0.65 * 255) for channel in colour)


def _drawable(*points: np.ndarray) -> bool:
    """Finite, and near enough to the picture for fixed-point drawing."""
    return all(np.isfinite(point).all() and np.abs(point).max() < 20_000 for point in points)


def _fixed(point: np.ndarray) -> tuple[int, int]:
    """Sixteenths of a pixel from the centre of the first pixel, as OpenCV's `shift=4` reads them."""
    return round(float(point[0] - 0.5) * 16), round(float(point[1] - 0.5) * 16)


def _paint(colour: Sequence[int], alpha: float) -> tuple[float, ...]:
    return (*(float(c) * alpha for c in colour), 255.0 * alpha)
