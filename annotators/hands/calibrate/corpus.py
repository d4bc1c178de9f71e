"""Rendered talkers, corrupted, as the annotators see them, beside the truth."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, fields

import numpy as np

from annotators.annotator import Clip
from annotators.body import BodyAnnotator
from annotators.hands.annotator import HandsAnnotator, HandsParams
from annotators.hands.calibrate.errors import image_errors, pose_errors
from annotators.hands.calibration import Bounds, Calibration
from annotators.hands.confidence import FEATURE_NAMES
from annotators.hands.mask import MaskParams
from datasets.hand.camera import clip_camera
from datasets.hand.layout import split_mano
from datasets.hand.model import SIDES, HandModel
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import quaternion_to_matrix
from datasets.talker.clips import TalkerClip, talker_clip
from datasets.talker.corruptions import KINDS, draw_corruption

CLIP_KINDS = ("clean", *KINDS, "combined")
CLIP_SECONDS = 2.0
FIRST_TRAINING_SEED, FIRST_HELD_OUT_SEED = 0, 1_000_000  # so that no fit sees a clip it is tested on
_SMALL_PX, _LARGE_PX = 45.0, 130.0
_SEEDS_A_TASK = 9  # one of each kind; enough to make loading the models (1.5 s) cheap beside them
_UNMASKED = MaskParams(enter=0.0, leave=0.0, shortest_run=1)
# Measuring must not depend on the calibration that is being replaced.
_CREDULOUS = Calibration(bounds=Bounds(pose_error_m=1, image_error=1), intercept=12.0, terms=())


@dataclass(frozen=True, eq=False)
class Corpus:
    """C clips of T frames, hands left then right."""

    seeds: np.ndarray  # (C,)
    kinds: np.ndarray  # (C,) text: CLIP_KINDS
    features: np.ndarray  # (C, T, 2, F) float32
    state: np.ndarray  # (C, T, 2) uint8 as of the mask, were nothing masked for its confidence
    pose_error_m: np.ndarray  # (C, T, 2) mean over the landmarks, Procrustes-aligned; NaN without a pose
    image_error: np.ndarray  # (C, T, 2) mean distance in the picture, in sizes of the true hand

    @property
    def n_clips(self) -> int:
        return len(self.seeds)

    def right(self, bounds: Bounds) -> np.ndarray:
        """(C, T, 2) bool: a pose with both errors below the bounds."""
        return (self.pose_error_m < bounds.pose_error_m) & (self.image_error < bounds.image_error)

    def take(self, clips: np.ndarray) -> "Corpus":
        """Only the clips of an index or a mask (C,)."""
        return Corpus(**{field.name: getattr(self, field.name)[clips] for field in fields(self)})


def make_corpus(
    seeds: Sequence[int],
    workers: int,
    progress: Callable[[int, int], None] | None = None,
    calibration: Calibration = _CREDULOUS,
) -> Corpus:
    """One clip a seed, in the seeds' order, in `workers` processes; about 5 CPU-s each.

    `progress` is told (done, of) clips. calibration: what weighs the frames of the fit; by default all count
    alike, as they must for one that is still to be made.
    """
    tasks = [list(seeds[start : start + _SEEDS_A_TASK]) for start in range(0, len(seeds), _SEEDS_A_TASK)]
    context = multiprocessing.get_context("spawn")  # MediaPipe's threads do not survive a fork
    parts: dict[int, list[dict[str, np.ndarray]]] = {}
    with ProcessPoolExecutor(max_workers=workers, mp_context=context) as pool:
        pending = {pool.submit(measure_seeds, task, calibration): number for number, task in enumerate(tasks)}
        for future in as_completed(pending):
            parts[pending[future]] = future.result()
            if progress:
                progress(sum(len(part) for part in parts.values()), len(seeds))
    rows = [row for number in range(len(tasks)) for row in parts[number]]
    return Corpus(**{field.name: np.stack([row[field.name] for row in rows]) for field in fields(Corpus)})


def training_seeds(clips: int) -> range:
    """Of the clips a calibration is fitted on."""
    return range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + clips)


def held_out_seeds(clips: int) -> range:
    """Of the clips it is tested on: other motion, persons, hands, rooms and corruptions."""
    return range(FIRST_HELD_OUT_SEED, FIRST_HELD_OUT_SEED + clips)


def corpus_clip(seed: int) -> tuple[str, TalkerClip]:
    """Kind and clip of a seed: the kinds take turns; hand size and codec are the seed's."""
    random = np.random.default_rng([seed, len(CLIP_KINDS)])
    kind = CLIP_KINDS[seed % len(CLIP_KINDS)]
    size = float(np.exp(random.uniform(np.log(_SMALL_PX), np.log(_LARGE_PX))))
    hand_px = None if random.random() < 0.4 else size  # None: as an interview shows them
    n_frames = round(CLIP_SECONDS * 25)
    corruption = None if kind == "clean" else draw_corruption(kind, n_frames, seed)
    crf = int(random.integers(20, 29))
    return kind, talker_clip(seed, seconds=CLIP_SECONDS, hand_px=hand_px, corruption=corruption, crf=crf)


def measure_seeds(seeds: Sequence[int], calibration: Calibration = _CREDULOUS) -> list[dict[str, np.ndarray]]:
    """The corpus's fields for each seed's clip."""
    body, hands = BodyAnnotator(), HandsAnnotator(HandsParams(mask=_UNMASKED), calibration=calibration)
    try:
        return [_measure(seed, body, hands) for seed in seeds]
    finally:
        hands.close()


def _measure(seed: int, body: BodyAnnotator, hands: HandsAnnotator) -> dict[str, np.ndarray]:
    kind, clip = corpus_clip(seed)
    batch = body.annotate([Clip(str(seed), clip.frames)])
    columns = {name: np.array(batch.column(name)[0].as_py(), np.float32) for name in batch.schema.names}
    row = hands.annotate([Clip(str(seed), clip.frames, columns=columns)]).to_pylist()[0]
    n_frames = len(clip.frames)
    state = np.array(row["hands_valid"], np.uint8)
    posed, pixels = _posed(row, neutral_hand())
    return {
        "seeds": np.array(seed),
        "kinds": np.array(kind),
        "features": np.array(row["hands_features"], np.float32).reshape(n_frames, 2, len(FEATURE_NAMES)),
        "state": state,
        "pose_error_m": pose_errors(posed, clip.truth.keypoints_3d),
        "image_error": image_errors(pixels, clip.truth.keypoints_2d),
    }


def _posed(row: dict[str, object], model: HandModel) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2, 21, 3) metres and (T, 2, 21, 2) px of the labelled hands; NaN without one."""
    quaternions, translation = split_mano(np.array(row["hands_mano"], float))
    betas = np.array(row["hands_betas"], float)
    posed = np.full((len(quaternions), 2, 21, 3), np.nan)
    for index, side in enumerate(SIDES):
        known = np.isfinite(quaternions[:, index]).all(axis=(1, 2))
        turns = quaternion_to_matrix(quaternions[known, index])
        posed[known, index] = model.forward(turns, translation[known, index], betas, side).keypoints
    focal = float(np.array(row["hands_focal_px"]))
    return posed, clip_camera(focal).project(posed)
