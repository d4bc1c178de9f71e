"""The framing of a scene: its speaker, the half-body crop, and the scores that filters judge."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import cv2
import numpy as np

from annotators.framing.box import Box
from annotators.framing.crop import CropParams, half_body_crop
from annotators.framing.figure import Body, body_figure, find_body, hand_visibility
from annotators.framing.people import Face, FaceFinder, FacePoint, Person, choose_speaker, link_people
from annotators.pose import PoseFinder
from datasets.frame import CLIP_HEIGHT_PX, CropBox

_SHARPNESS_HEIGHT_PX = CLIP_HEIGHT_PX // 2
_BLANK_LEVELS = 8  # of 256, in each colour; a face in the dark spans more

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Sample:
    """One picture of the scene."""

    time_s: float
    rgb: np.ndarray  # (H, W, 3) uint8, the whole displayed picture at any size


@dataclass(frozen=True)
class Framing:
    """Where to cut the clip, and the scores of that cut; without a crop all but `people` are None."""

    crop: CropBox | None  # in display pixels of the source
    people: float  # median number of faces in a sample
    face_height_px: float | None = None  # of the speaker, forehead to chin, in clip pixels; 0 without a face
    hand_visibility: float | None = None  # mean over samples of the fraction of wrists in the crop, 0 to 1
    sharpness: float | None = None  # median variance of the crop's Laplacian at 352 x 256, never enlarged
    scale: float | None = None  # clip pixels a source pixel; above 1 the picture is enlarged


@dataclass(frozen=True)
class FramerParams:
    """What the framing depends on besides the version."""

    face_samples: int = 6  # 7 CPU-ms each
    pose_samples: int = 4  # 33 CPU-ms each
    min_face_score: float = 0.6  # palms and cloth scored up to 0.67 here and there, faces mostly above 0.7
    min_presence: float = 0.5  # of the samples, for a face to be the speaker's
    crop: CropParams = field(default_factory=CropParams)


class Framer:
    """Chooses the speaker of a scene and frames the upper body; one instance a process, for many scenes.

    Faces are looked for in up to 6 samples, the speaker's body in up to 4 of these, about the face. Where no
    face lasts through half of the samples the pictures are searched again in squares, for small faces. If
    there is still none, but a body is found in half of the samples (the head cut off, or turned away), the
    crop follows the body and the face height is 0, which the filters call `face_too_small`; not so where the
    source gave a face point, since a body there is anybody's. Nothing found: no crop, `no_person`.
    """

    name = "framing"
    version = "1"

    def __init__(
        self,
        params: FramerParams | None = None,
        *,
        faces: FaceFinder | None = None,
        poses: PoseFinder | None = None,
    ) -> None:
        self._params = params or FramerParams()
        self._faces = faces or FaceFinder(self._params.min_face_score)
        self._poses = poses or PoseFinder()

    @property
    def params(self) -> dict[str, Any]:
        return {"models": "mediapipe-0.10.21/face-full-range+pose-full", **asdict(self._params)}

    def frame(
        self,
        samples: Sequence[Sample],
        display_width_px: int,
        display_height_px: int,
        face_point: FacePoint | None = None,
    ) -> Framing:
        """The framing of one scene from its samples, in any number; about 180 CPU-ms, 300 without a face.

        Where every picture is blank, as in an hour of black, nobody is looked for.
        """
        pictures = [sample.rgb for sample in spread(samples, self._params.face_samples)]
        if all(map(_is_blank, pictures)):
            return Framing(crop=None, people=0.0)
        people, count = self._people(pictures, display_width_px)
        point_px = face_point.in_pixels(display_width_px, display_height_px) if face_point else None
        speaker = choose_speaker(people, display_width_px, point_px, self._params.min_presence)
        if speaker is None and face_point is not None:
            return Framing(crop=None, people=count)
        bodies = self._bodies(pictures, speaker, display_width_px)
        found = [body for body in bodies if body is not None]
        if speaker is None and len(found) < self._params.min_presence * len(bodies):
            return Framing(crop=None, people=count)
        faces = [face.box for face in speaker.seen] if speaker else [body.face for body in found]
        figure = body_figure(faces, found, self._params.crop)
        crop = half_body_crop(figure, display_width_px, display_height_px, self._params.crop)
        scale = CLIP_HEIGHT_PX / crop.height_px
        return Framing(
            crop=crop,
            people=count,
            face_height_px=speaker.face_height_px * scale if speaker else 0.0,
            hand_visibility=hand_visibility(bodies, crop),
            sharpness=float(np.median([sharpness(rgb, crop, display_width_px) for rgb in pictures])),
            scale=scale,
        )

    def _people(self, pictures: Sequence[np.ndarray], width_px: int) -> tuple[list[Person], float]:
        """The persons seen, in display pixels, and the median number of faces in a picture."""
        for search in (self._faces.find, self._faces.find_small):
            faces = [_enlarged(search(rgb), width_px / rgb.shape[1]) for rgb in pictures]
            people = link_people(faces)
            if any(person.presence >= self._params.min_presence for person in people):
                break
        return people, float(np.median([len(each) for each in faces]))

    def _bodies(
        self, pictures: Sequence[np.ndarray], speaker: Person | None, width_px: int
    ) -> list[Body | None]:
        """The speaker's body, or without a speaker anybody's, in some of the pictures."""
        faces = speaker.boxes if speaker else [None] * len(pictures)
        chosen = spread(list(zip(pictures, faces, strict=True)), self._params.pose_samples)
        return [find_body(self._poses, rgb, face, width_px) for rgb, face in chosen]


def _is_blank(rgb: np.ndarray) -> bool:
    """Whether the picture shows next to nothing, not even in the dark; told from a sixteenth of its pixels."""
    return int(np.ptp(rgb[::4, ::4], axis=(0, 1)).max()) <= _BLANK_LEVELS


def spread(items: Sequence[_Item], count: int) -> list[_Item]:
    """At most `count` of the items, each from the middle of an equal part."""
    if len(items) <= count:
        return list(items)
    return [items[int((index + 0.5) * len(items) / count)] for index in range(count)]


def sharpness(rgb: np.ndarray, crop: CropBox, width_px: int) -> float:
    """Variance of the Laplacian of the crop's grey levels at 352 x 256, or at its own size if smaller.

    Enlarging would blur a sharp picture; how coarse a picture is, `scale` tells. rgb: the whole picture,
    `width_px` wide in display pixels.
    """
    factor, (height, width) = rgb.shape[1] / width_px, rgb.shape[:2]
    edges = Box(crop.x_px, crop.y_px, crop.x_px + crop.width_px, crop.y_px + crop.height_px).scaled(factor)
    left, top, right, bottom = (round(edge) for edge in edges.within(width, height).edges)
    grey = cv2.cvtColor(np.ascontiguousarray(rgb[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    if grey.shape[0] > _SHARPNESS_HEIGHT_PX:
        short_px = round(grey.shape[1] * _SHARPNESS_HEIGHT_PX / grey.shape[0])
        grey = cv2.resize(grey, (short_px, _SHARPNESS_HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())


def _enlarged(faces: Sequence[Face], factor: float) -> list[Face]:
    return [Face(face.box.scaled(factor), face.score) for face in faces]
