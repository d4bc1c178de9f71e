"""The `hands` slot: MANO parameters of the speaker's two hands in every frame, and how far to trust them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from annotators.annotator import Clip, Needs, Resources
from annotators.columns import slot_column
from annotators.hands.backend import HandBackend
from annotators.hands.backends import BackendKind, open_backend
from annotators.hands.calibration import Calibration, packaged_calibration
from annotators.hands.columns import flat, pose_columns, track_columns
from annotators.hands.confidence import confidence_features
from annotators.hands.crops import WristLooks
from annotators.hands.disagreement import disagreement
from annotators.hands.fit import ClipFit, FitSettings, HandObservations, fit_clip
from annotators.hands.landmarks import along_camera, depth_reversed, spatial_landmarks
from annotators.hands.mask import MaskParams, mask
from annotators.hands.sides import SideCosts
from annotators.hands.speaker import speaker_hands
from annotators.hands.tracks import HandTracks
from datasets.frame import CLIP_HEIGHT_PX, CLIP_WIDTH_PX
from datasets.hand.camera import DEFAULT_FOCAL_PX, clip_camera
from datasets.hand.layout import INTERPOLATED, NONE
from datasets.hand.store import NEUTRAL, hand_model
from datasets.schema import BODY_POINTS, SLOTS

BODY_COLUMN = "body_keypoints"
_LEAST_WEIGHT = 0.02  # of a measured frame in the fit: a doubted hand may be all there is
_SIZE_PX = (CLIP_WIDTH_PX, CLIP_HEIGHT_PX)
_LARGEST = float(np.finfo(np.float16).max)  # of a stored feature: the sharpness of noise is larger


@dataclass(frozen=True)
class HandsParams:
    """What the labels depend on besides the version; see the classes named."""

    hand_model: str = NEUTRAL  # or the name of a stored MANO file
    backend: BackendKind = "mediapipe"
    second_backend: BackendKind | None = None  # its disagreement is a feature of the confidence
    min_detection: float = 0.5  # of MediaPipe: `HandDetector`
    min_tracking: float = 0.5
    look_again: bool = True  # in enlarged crops around visible wrists whose hand was not found
    focal_px: float = DEFAULT_FOCAL_PX
    sides: SideCosts = field(default_factory=SideCosts)
    fit: FitSettings = field(default_factory=FitSettings)
    mask: MaskParams = field(default_factory=MaskParams)


@dataclass(frozen=True)
class JudgedHands:
    """A clip's fit, with what is needed to trust it or not; (T, 2): left, right."""

    fit: ClipFit
    features: np.ndarray  # (T, 2, F) as stored
    confidence: np.ndarray  # (T, 2) in [0, 1]
    valid: np.ndarray  # (T, 2) 0 none, 1 measured, 2 interpolated


class HandsAnnotator:
    """Labels the speaker's hands; reads `body_keypoints` where the body annotator came before.

    Any source of 21 points a hand goes through the same steps: whose and which hand it is, the fit over
    the whole clip, features, calibrated confidence, mask. Raises UserError where the hand model is not
    stored on this machine.
    """

    name = "hands"
    version = "2"
    schema = SLOTS["hands"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ("body",)
    needs: Needs = "pictures"

    def __init__(
        self,
        params: HandsParams | None = None,
        *,
        backend: HandBackend | None = None,
        calibration: Calibration | None = None,
    ):
        self._params = params or HandsParams()
        self._model = hand_model(self._params.hand_model)
        self._camera = clip_camera(self._params.focal_px)
        self._calibration = calibration or packaged_calibration()
        self._backend = backend or self._opened(self._params.backend)
        second = self._params.second_backend
        self._second = None if second is None else self._opened(second)
        self._looks = WristLooks() if self._params.look_again else None

    @property
    def params(self) -> dict[str, Any]:
        second = None if self._second is None else self._second.name
        used = {
            "backend": self._backend.name,
            "second_backend": second,
            "calibration": self._calibration.id,
        }
        return {**asdict(self._params), **used}

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        rows = [self._annotate_clip(clip) for clip in clips]
        columns = [slot_column([row[field.name] for row in rows], field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def close(self) -> None:
        self._backend.close()
        if self._second is not None:
            self._second.close()
        if self._looks is not None:
            self._looks.close()

    def judge(self, clip: Clip, tracks: HandTracks, second: HandTracks | None = None) -> JudgedHands:
        """Fit, judge and mask what was measured, also against a second backend's hands.

        A first fit takes all measurements alike and is judged; the second, which is kept, weighs each frame by
        its confidence and leaves out those that the mask takes for part of a gap, so that they are interpolated
        in earnest. The confidence is of the features as they are stored, so that it can be made again.
        """
        fit = self._fit(tracks, tracks.measured.astype(float))
        apart = None if second is None else disagreement(tracks, second)
        features = confidence_features(clip.frames, tracks, fit, _body(clip), apart)
        features = np.clip(features, -_LARGEST, _LARGEST).astype(np.float16).astype(np.float32)  # as stored
        sure = self._calibration.probability(features, tracks.measured)
        valid = mask(sure, tracks.measured, self._params.mask)
        trusted = tracks.measured & (valid != INTERPOLATED)
        fit = self._fit(tracks, np.where(trusted, np.maximum(sure, _LEAST_WEIGHT), 0.0))
        valid = np.where(_solved(fit), valid, NONE).astype(np.uint8)
        state = np.where(valid == NONE, tracks.measured, valid)
        return JudgedHands(fit, features, self._calibration.probability(features, state), valid)

    def _annotate_clip(self, clip: Clip) -> dict[str, Any]:
        """One clip's value for each column."""
        tracks = self._track(clip, self._backend, self._looks)
        second = None if self._second is None else self._track(clip, self._second, None)
        judged = self.judge(clip, tracks, second)
        return {
            **pose_columns(judged.fit, judged.valid),
            **track_columns(tracks),
            "hands_valid": judged.valid,
            "hands_confidence": judged.confidence,
            "hands_features": flat(judged.features),
            "hands_focal_px": self._params.focal_px,
            "hands_model": self._model.name,
            "hands_calibration": self._calibration.id,
        }

    def _opened(self, kind: BackendKind) -> HandBackend:
        params = self._params
        return open_backend(kind, min_detection=params.min_detection, min_tracking=params.min_tracking)

    def _track(self, clip: Clip, backend: HandBackend, looks: WristLooks | None) -> HandTracks:
        """The speaker's two hands as a backend measured them.

        looks: MediaPipe's, so not for a second backend, whose disagreement would be MediaPipe's with itself.
        """
        return speaker_hands(
            clip.frames,
            backend.detect(clip.frames),
            _body(clip),
            model=self._model,
            camera=self._camera,
            costs=self._params.sides,
            looks=looks,
        )

    def _fit(self, tracks: HandTracks, weight: np.ndarray) -> ClipFit:
        """The fit to the measurements, each frame weighted by (T, 2) in [0, 1]."""
        left, right = (self._observations(tracks, side, weight[:, side]) for side in (0, 1))
        return fit_clip(self._model, left, right, self._camera, self._params.fit)

    def _observations(self, tracks: HandTracks, side: int, frame_weight: np.ndarray) -> HandObservations:
        image_px, depth_px = tracks.image[:, side] * _SIZE_PX, tracks.depth[:, side] * CLIP_WIDTH_PX
        points = spatial_landmarks(image_px, depth_px, tracks.world[:, side], self._camera)
        weight = np.broadcast_to(frame_weight[:, None], image_px.shape[:2])
        reversed_ = tracks.chirality[:, side] < 0
        if tracks.rotations is None:
            return HandObservations(
                image_px, depth_reversed(points, image_px, reversed_, self._camera), weight
            )
        rotations = along_camera(tracks.rotations[:, side], image_px, self._camera)
        alone = ~np.isfinite(rotations).all(axis=(1, 2, 3))  # second looks are MediaPipe's
        points = depth_reversed(points, image_px, reversed_ & alone, self._camera)
        return HandObservations(image_px, points, weight, rotations)


def _body(clip: Clip) -> np.ndarray | None:
    """(T, 33, 3) pose landmarks where the body annotator came before."""
    body = clip.columns.get(BODY_COLUMN)
    return None if body is None else np.asarray(body, float).reshape(len(clip.frames), BODY_POINTS, 3)


def _solved(fit: ClipFit) -> np.ndarray:
    """(T, 2) frames that have a pose."""
    return np.stack([hand.solved for hand in fit.hands], axis=1)
