"""The people of a scene: faces in its samples, linked into persons, and which of them is the speaker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from annotators.framing.box import Box
from annotators.quiet import native_stderr_silenced

_FULL_RANGE = 1  # MediaPipe's model for faces up to 5 m away; sees faces from about 1/22 of the long side
_SAME_FACE_OVERLAP = 0.3  # neighbouring tiles see the same face; two people's faces hardly overlap
_SAME_PERSON_FACES = 1.5  # a head moves no further than that many face heights between samples
_SAME_PERSON_SIZE = 1.7  # nor does it grow or shrink by more
_POINT_TOLERANCE = 0.1  # of the picture's width: the source's face point is from one moment of the video


@dataclass(frozen=True)
class FacePoint:
    """The source's word on where the speaker's face is, as fractions of the displayed picture."""

    x: float
    y: float

    def in_pixels(self, width_px: int, height_px: int) -> np.ndarray:
        return np.array([self.x * width_px, self.y * height_px])


@dataclass(frozen=True)
class Face:
    """One face in one sample: a box from the forehead to the chin, and the detector's score."""

    box: Box
    score: float


@dataclass(frozen=True)
class Person:
    """The same face through the samples, None where it was not seen."""

    faces: tuple[Face | None, ...]

    @property
    def seen(self) -> list[Face]:
        return [face for face in self.faces if face is not None]

    @property
    def boxes(self) -> list[Box]:
        """Where the face is in each sample; where it was not seen, the median of where it was."""
        middle = Box(*np.median([face.box.edges for face in self.seen], axis=0).tolist())
        return [middle if face is None else face.box for face in self.faces]

    @property
    def presence(self) -> float:
        """Fraction of the samples in which the face was seen."""
        return len(self.seen) / len(self.faces)

    @property
    def face_height_px(self) -> float:
        return float(np.median([face.box.height_px for face in self.seen]))

    @property
    def centre_px(self) -> np.ndarray:
        return np.median([face.box.centre_px for face in self.seen], axis=0)


class FaceFinder:
    """Finds faces in single pictures; one instance a process, constructing it loads the model."""

    def __init__(self, min_score: float) -> None:
        with native_stderr_silenced():
            from mediapipe.python.solutions.face_detection import FaceDetection  # half a second

            self._detector = FaceDetection(min_detection_confidence=min_score, model_selection=_FULL_RANGE)
            self._detector.process(np.zeros((64, 64, 3), np.uint8))

    def find(self, rgb: np.ndarray) -> list[Face]:
        """Faces of an (H, W, 3) uint8 picture, in its own pixels; about 7 CPU-ms."""
        height, width = rgb.shape[:2]
        faces = []
        for found in self._detector.process(np.ascontiguousarray(rgb)).detections or []:
            box = found.location_data.relative_bounding_box
            left, top = box.xmin * width, box.ymin * height
            edges = Box(left, top, left + box.width * width, top + box.height * height)
            faces.append(Face(edges, float(found.score[0])))
        return faces

    def find_small(self, rgb: np.ndarray) -> list[Face]:
        """Faces of a picture searched in overlapping squares, which shows those too small for `find`.

        The squares are as wide as the short side and half a square apart: 3 for 16:9, about 20 CPU-ms.
        """
        height, width = rgb.shape[:2]
        side = min(height, width)
        count = int(np.ceil(2 * max(height, width) / side)) - 1
        starts = np.linspace(0, max(height, width) - side, count).round().astype(int)
        corners = [(0, start) if width >= height else (start, 0) for start in starts]
        faces = [face for corner in corners for face in self._find_in_square(rgb, corner, side)]
        return _without_repeats(faces)

    def _find_in_square(self, rgb: np.ndarray, corner: tuple[int, int], side: int) -> list[Face]:
        top, left = corner
        faces = self.find(rgb[top : top + side, left : left + side])
        return [Face(face.box.moved(left, top), face.score) for face in faces]


def link_people(samples: Sequence[Sequence[Face]]) -> list[Person]:
    """Persons from the faces of each sample in time: the nearest face of like size is the same person's."""
    tracks: list[list[Face | None]] = []
    for index, faces in enumerate(samples):
        unclaimed = list(faces)
        for track in tracks:
            nearest = _same_person(track, unclaimed)
            track.append(nearest)
            if nearest is not None:
                unclaimed.remove(nearest)
        tracks += [[None] * index + [face] for face in unclaimed]
    return [Person(tuple(track)) for track in tracks]


def choose_speaker(
    people: Sequence[Person], width_px: float, point_px: np.ndarray | None, min_presence: float
) -> Person | None:
    """The person at the source's face point (x, y), else the most prominent; None where nobody qualifies.

    With a point only the nearest face counts, and only within 1.5 face heights or a tenth of the picture's
    width of it: the wrong speaker would be worse than none. Without one, prominence is face height times
    presence times centrality (1 in the middle, 1/2 at the left and right edges). Either way the face must be
    there in at least `min_presence` of the samples.
    """
    lasting = [person for person in people if person.presence >= min_presence]
    if not lasting:
        return None
    if point_px is None:
        return max(lasting, key=lambda person: _prominence(person, width_px))
    nearest = min(lasting, key=lambda person: _distance_px(person, point_px))
    reach_px = max(_SAME_PERSON_FACES * nearest.face_height_px, _POINT_TOLERANCE * width_px)
    return nearest if _distance_px(nearest, point_px) <= reach_px else None


def _prominence(person: Person, width_px: float) -> float:
    off_centre = abs(person.centre_px[0] / width_px - 0.5)
    return person.face_height_px * person.presence * (1 - off_centre)


def _distance_px(person: Person, point_px: np.ndarray) -> float:
    return float(np.linalg.norm(person.centre_px - point_px))


def _same_person(track: Sequence[Face | None], faces: Sequence[Face]) -> Face | None:
    """The face nearest to where the track was last seen, if near enough and of like size."""
    last = next(face for face in reversed(track) if face is not None).box
    reach_px = _SAME_PERSON_FACES * last.height_px
    near = [
        (distance, face)
        for face in faces
        if (distance := float(np.linalg.norm(face.box.centre_px - last.centre_px))) <= reach_px
        and 1 / _SAME_PERSON_SIZE <= face.box.height_px / last.height_px <= _SAME_PERSON_SIZE
    ]
    return min(near, key=lambda pair: pair[0])[1] if near else None


def _without_repeats(faces: Sequence[Face]) -> list[Face]:
    """The best-scored face of each group that overlaps."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if all(face.box.overlap(other.box) < _SAME_FACE_OVERLAP for other in kept):
            kept.append(face)
    return kept
