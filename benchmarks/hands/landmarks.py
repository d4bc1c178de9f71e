"""From noisy landmarks of known motions to poses: ours against rivals and against itself with parts taken out.

Settings were tuned on seeds 0 to 3 (and on rendered talkers); the figures are of seeds from 1000 on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from annotators.hands.anatomy import flat_landmarks
from annotators.hands.fit import ClipFit, FitSettings, FittedHand, HandObservations, fit_clip
from annotators.hands.ik import right_hand_rotations
from benchmarks.hands.hand_errors import HandErrors, hand_errors, pooled
from benchmarks.hands.motions import Motion, motions
from benchmarks.hands.noise import NoiseModel, measured
from benchmarks.hands.pixels import measured_noise
from benchmarks.hands.smplx_rival import fit_by_smplx
from benchmarks.results import Row, held_row
from datasets.hand.camera import Camera
from datasets.hand.model import N_BETAS
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import MIRROR_POINT, geodesic_deg, mirror_matrix

CAMERA = Camera(1200.0, 256.0, 352.0)
HELD = "independent noise"  # what the targets are for; the others are reported beside it
NOISES = {HELD: NoiseModel(), "noise correlated in time": NoiseModel(correlation=0.8)}
ABLATIONS: dict[str, dict[str, bool]] = {
    "no_smoother": {"smooth": False},
    "no_betas": {"shape": False},
    "no_robust": {"robust": False},
}
FIRST_SEED = 1000
# measure: (field of HandErrors, unit, target with independent noise)
_MEASURES = {
    "joint angle error": ("joint_deg", "deg", 5.0),
    "global rotation error": ("global_deg", "deg", None),
    "aligned joint error": ("aligned_mm", "mm", 3.3),
    "wrist-relative joint error": ("wrist_mm", "mm", None),
    "acceleration error": ("acceleration_mm", "mm/frame2", 3.0),
}
_CPU_MS = 3.0

Clip = tuple[tuple[Motion, Motion], tuple[HandObservations, HandObservations]]  # left, right; as measured
Solved = tuple[np.ndarray, np.ndarray | None]  # keypoints, rotations


def rows(*, quick: bool) -> list[Row]:
    """The part `landmarks` of the hand benchmark; in a minute or two, quick: in seconds and on little data."""
    n_clips, n_frames, n_rival, steps = (1, 60, 5, 40) if quick else (8, 300, 20, 200)
    found = []
    fit_clip(neutral_hand(), *clips(1, 4, NoiseModel())[0][1], CAMERA)  # compiles, or reads what was compiled
    for name, noise in (NOISES | {"noise as measured on renders": measured_noise(quick=quick)}).items():
        data = clips(n_clips, n_frames, noise)
        methods = {"ours": _ours(FitSettings()), "mediapipe_world": _world, "ik_only": _ik}
        methods |= {label: _ours(replace(FitSettings(), **change)) for label, change in ABLATIONS.items()}
        results = {label: evaluate(method, data) for label, method in methods.items()}
        few = [_first_frames(clip, n_rival) for clip in data[:2]]  # the rival is slow
        results[f"smplx_on_{n_rival * len(few) * 2}_frames"] = evaluate(_smplx(steps), few)
        found += _rows(name, results)
    return [*found, _gap_row(n_clips, n_frames), _posterior_row(n_clips, n_frames)]


def clips(n_clips: int, n_frames: int, noise: NoiseModel, first_seed: int = FIRST_SEED) -> list[Clip]:
    """Two-handed motions and their noisy landmarks."""
    made = []
    for seed in range(first_seed, first_seed + n_clips):
        pair = motions(neutral_hand(), n_frames, seed)
        made.append((pair, (measured(pair[0], CAMERA, noise, seed), measured(pair[1], CAMERA, noise, seed))))
    return made


def evaluate(
    method: Callable[[HandObservations, HandObservations], Sequence[Solved]], data: Sequence[Clip]
) -> tuple[HandErrors, float]:
    """Pooled errors of a method, and its CPU milliseconds a frame and hand."""
    errors, spent_s, n_hands = [], 0.0, 0
    for pair, observed in data:
        began_s = time.process_time()
        solved = method(*observed)
        spent_s += time.process_time() - began_s
        errors += [hand_errors(motion, *hand) for motion, hand in zip(pair, solved, strict=True)]
        n_hands += sum(len(motion.keypoints) for motion in pair)
    return pooled(errors), 1e3 * spent_s / n_hands


def _rows(noise: str, results: dict[str, tuple[HandErrors, float]]) -> list[Row]:
    found = []
    for measure, (field, unit, target) in _MEASURES.items():
        values = {label: getattr(errors, field) for label, (errors, _) in results.items()}
        own = values["ours"]
        parts = {"p95": float(np.percentile(own, 95))}
        parts |= {label: float(np.median(v)) for label, v in values.items() if label != "ours" and len(v)}
        held = target if noise == HELD else None
        found.append(_row(f"{measure}, median ({noise})", float(np.median(own)), unit, held, parts))
    cpu = {label: spent_ms for label, (_, spent_ms) in results.items()}
    name = f"fit, CPU a frame and hand ({noise})"
    return [*found, _row(name, cpu.pop("ours"), "ms", _CPU_MS, cpu)]


def _row(measure: str, value: float, unit: str, target: float | None, parts: dict[str, Any]) -> Row:
    if target is None:
        return Row(measure, value, unit, parts=parts)
    return held_row(measure, value, unit, target, better="lower", parts=parts)


def _gap_row(n_clips: int, n_frames: int) -> Row:
    """Joint errors in bridged frames, by the length of the gap."""
    data, parts, largest = clips(n_clips, n_frames, NoiseModel()), {}, FitSettings().max_gap
    for length in range(1, largest + 1):
        blank = np.arange(n_frames) % 20 >= 20 - length
        blank[-(length + 1) :] = False  # a gap lies between observed frames
        errors = pooled([error for clip in data for error in _gap_errors(clip, blank)])
        parts[f"gap_{length}"] = float(np.median(errors.joint_deg))
        parts[f"gap_{length}_mm"] = float(np.median(errors.aligned_mm))
    return Row("joint angle error in bridged frames, median", parts[f"gap_{largest}"], "deg", parts=parts)


def _gap_errors(clip: Clip, blank: np.ndarray) -> list[HandErrors]:
    pair, observed = clip
    weights = [replace(hand, weight=hand.weight * ~blank[:, None]) for hand in observed]
    fit = fit_clip(neutral_hand(), weights[0], weights[1], CAMERA)
    return [
        hand_errors(motion, hand.keypoints, hand.rotations, blank)
        for motion, hand in zip(pair, fit.hands, strict=True)
    ]


def _posterior_row(n_clips: int, n_frames: int) -> Row:
    """Whether posterior deviations are as large as the errors: root mean square of their ratio."""
    parts = {}
    for name, noise in NOISES.items():
        ratios = []
        for pair, observed in clips(n_clips, n_frames, noise):
            fit = fit_clip(neutral_hand(), *observed, CAMERA)
            ratios += [_ratios(motion, hand) for motion, hand in zip(pair, fit.hands, strict=True)]
        turned = np.concatenate(ratios)
        parts[f"joints, {name}"] = float(np.sqrt(np.mean(turned[:, 1:] ** 2)))
        parts[f"global, {name}"] = float(np.sqrt(np.mean(turned[:, 0] ** 2)))
    return Row("angle error over posterior deviation, rms", next(iter(parts.values())), "", parts=parts)


def _ratios(motion: Motion, hand: FittedHand) -> np.ndarray:
    return np.radians(geodesic_deg(motion.rotations, hand.rotations)) / hand.angle_std_rad


def _ours(settings: FitSettings) -> Callable[[HandObservations, HandObservations], list[Solved]]:
    def solve(left: HandObservations, right: HandObservations) -> list[Solved]:
        fit: ClipFit = fit_clip(neutral_hand(), left, right, CAMERA, settings)
        return [(hand.keypoints, hand.rotations) for hand in fit.hands]

    return solve


def _world(left: HandObservations, right: HandObservations) -> list[Solved]:
    """The landmarks in space as they were measured."""
    return [(left.points, None), (right.points, None)]


def _ik(left: HandObservations, right: HandObservations) -> list[Solved]:
    """Inverse kinematics alone, on the mean shape."""
    model = neutral_hand()
    rest, still = flat_landmarks(model, np.zeros(N_BETAS)), np.zeros((len(left.points), 3))
    rotations = [
        mirror_matrix(right_hand_rotations(left.points * MIRROR_POINT, rest)),
        right_hand_rotations(right.points, rest),
    ]
    keypoints = [
        model.forward(rotations[0], still, np.zeros(N_BETAS), "left").keypoints,
        model.forward(rotations[1], still, np.zeros(N_BETAS), "right").keypoints,
    ]
    return list(zip(keypoints, rotations, strict=True))


def _smplx(steps: int) -> Callable[[HandObservations, HandObservations], list[Solved]]:
    def solve(left: HandObservations, right: HandObservations) -> list[Solved]:
        mirrored_px = left.image_px * [-1, 1] + [2 * CAMERA.centre_x_px, 0]
        mirrored = HandObservations(mirrored_px, left.points * MIRROR_POINT, left.weight)
        settings = FitSettings()
        model = neutral_hand()
        rotations, keypoints = fit_by_smplx(model, mirrored, CAMERA, settings, steps=steps)
        turned, placed = fit_by_smplx(model, right, CAMERA, settings, steps=steps)
        return [(keypoints * MIRROR_POINT, mirror_matrix(rotations)), (placed, turned)]

    return solve


def _first_frames(clip: Clip, count: int) -> Clip:
    (left, right), (seen_left, seen_right) = clip

    def motion(one: Motion) -> Motion:
        return replace(
            one,
            rotations=one.rotations[:count],
            translation=one.translation[:count],
            keypoints=one.keypoints[:count],
        )

    def seen(one: HandObservations) -> HandObservations:
        return HandObservations(one.image_px[:count], one.points[:count], one.weight[:count])

    return (motion(left), motion(right)), (seen(seen_left), seen(seen_right))
