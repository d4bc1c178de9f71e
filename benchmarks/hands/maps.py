"""MANO and keypoint maps: what they cost beside two plain rivals, and whether hands lie where they should."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.hands.map_rivals import numpy_maps, painted_maps
from benchmarks.results import BENCH_FOLDER, Row, held_row
from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX
from datasets.hand.camera import Camera, clip_camera
from datasets.hand.maps import KINDS, HandMeshes, hand_meshes, iterate_maps, silhouette
from datasets.hand.model import HandModel
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import matrix_to_axis_angle, quaternion_to_matrix
from datasets.keypoint_maps import keypoint_maps
from datasets.skeleton import JOINTS
from datasets.talker.scene import make_scene, truth_of

_SIZE = (CLIP_HEIGHT_PX, CLIP_WIDTH_PX)
_CAMERA = clip_camera()
_CLIP_S = 2.0
_WITHOUT_TIPS = tuple(i for i in range(21) if i not in (4, 8, 12, 16, 20))
_KEYPOINT_TARGET_MS = 3.0
_MAP_TARGET_MS = 10.0


@dataclass(frozen=True)
class Poses:
    """Parameters of both hands over T frames, and the camera they are seen by."""

    axis_angle: np.ndarray  # (T, 2, 16, 3)
    translation: np.ndarray  # (T, 2, 3)
    betas: np.ndarray  # (10,)
    camera: Camera

    def meshes(self, model: HandModel) -> HandMeshes:
        valid = np.ones(self.axis_angle.shape[:2])
        return hand_meshes(model, self.axis_angle, self.translation, valid, self.betas)


def rows(*, quick: bool) -> list[Row]:
    """Cost a frame of two hands in CPU-ms, and the share of frames in which every joint lies on its hand."""
    model = neutral_hand()
    talkers = [talker_poses(seed) for seed in range(2 if quick else 10)]
    wild = random_poses(100 if quick else 1000, np.random.default_rng(0))
    _write_pictures(talkers[0].meshes(model), talkers[0].camera, BENCH_FOLDER / "hands")
    return [_map_cost(model, talkers[0]), _joints_inside(model, talkers, wild), _keypoint_cost()]


def talker_poses(seed: int) -> Poses:
    """Two seconds of a talker's gestures, as seen in a clip."""
    scene = make_scene(
        seconds=_CLIP_S, shots=1, seed=seed, height_px=_SIZE[0], width_px=_SIZE[1], rate_hz=CLIP_RATE_HZ
    )
    truth = truth_of(scene, _SIZE[1], _SIZE[0])
    angles = truth.axis_angle.reshape(-1, 2, 16, 3).astype(float)
    return Poses(angles, truth.translation.astype(float), truth.betas.astype(float), truth.camera)


def random_poses(frames: int, random: np.random.Generator) -> Poses:
    """Hands turned any way, bent at random (0.35 rad an axis), 0.4 to 1.2 m away, often over one another."""
    angles = random.normal(0, 0.35, (frames, 2, 16, 3))
    angles[:, :, 0] = matrix_to_axis_angle(quaternion_to_matrix(random.normal(size=(frames, 2, 4))))
    depth_m = random.uniform(0.4, 1.2, (frames, 2))
    beside_m = random.uniform(-0.2, 0.2, (frames, 2, 2)) * depth_m[..., None]
    place_m = np.concatenate([beside_m, depth_m[..., None]], axis=-1)
    return Poses(angles, place_m, random.normal(0, 0.5, 10), _CAMERA)


def joints_inside(
    meshes: HandMeshes, camera: Camera, *, keypoints: Sequence[int] = range(21), margin_px: int = 1
) -> np.ndarray:
    """(T, 2) share of a hand's keypoints in the picture that lie on its own silhouette; NaN where none is.

    A keypoint lies on it where a pixel at most `margin_px` away does: finger tips are vertices of the skin, and
    a pixel counts as covered by its centre only.
    """
    reach = np.ones((2 * margin_px + 1, 2 * margin_px + 1), np.uint8)
    share = np.full(meshes.shown.shape, np.nan)
    for frame, side in zip(*np.nonzero(meshes.shown), strict=True):
        covered = silhouette(meshes, frame, side, camera, *_SIZE).astype(np.uint8)
        near = cv2.dilate(covered, reach)
        pixels = np.floor(camera.project(meshes.keypoints[frame, side, list(keypoints)]))
        pixels = pixels[((pixels >= 0) & (pixels < _SIZE[::-1])).all(axis=1)].astype(int)
        if len(pixels):
            share[frame, side] = near[pixels[:, 1], pixels[:, 0]].mean()
    return share


def _joints_inside(model: HandModel, talkers: list[Poses], wild: Poses) -> Row:
    shares = [joints_inside(poses.meshes(model), poses.camera).ravel() for poses in (*talkers, wild)]
    seen, random = np.concatenate(shares[:-1]), shares[-1]
    hands = np.concatenate([seen, random])
    strict = joints_inside(wild.meshes(model), wild.camera, keypoints=_WITHOUT_TIPS, margin_px=0)
    parts = {
        "of talkers": _all_inside(seen),
        "of random poses": _all_inside(random),
        "of random poses, without tips and to the pixel": _all_inside(strict),
        "hands": int(np.isfinite(hands).sum()),
    }
    value = _all_inside(hands)
    return held_row(
        "hands whose every joint is on their silhouette", value, "", 1.0, better="higher", parts=parts
    )


def _all_inside(share: np.ndarray) -> float:
    return float((share[np.isfinite(share)] == 1).mean())


def _map_cost(model: HandModel, poses: Poses) -> Row:
    """Forward kinematics, skinning and normals together; rivals are given the same meshes."""
    meshes = poses.meshes(model)
    frames = len(meshes.vertices)
    posing_ms = cpu_ms(lambda: poses.meshes(model)) / frames
    drawing_ms = {
        kind: cpu_ms(lambda kind=kind: list(iterate_maps(meshes, poses.camera, kind=kind))) / frames  # type: ignore[misc]
        for kind in KINDS
    }
    rivals = {"numpy z-buffer": numpy_maps, "OpenCV painter, flat": painted_maps}
    parts = {"posing": posing_ms, **{f"drawing, {kind}": ms for kind, ms in drawing_ms.items()}}
    ours = np.stack(list(iterate_maps(meshes, poses.camera)))
    for name, maps in rivals.items():
        parts[f"drawing, {name}"] = cpu_ms(lambda maps=maps: maps(meshes, poses.camera, *_SIZE)) / frames  # type: ignore[misc]
        parts[f"{name} differs, share of hand pixels"] = _difference(
            ours, np.stack(maps(meshes, poses.camera, *_SIZE))
        )
    total = posing_ms + drawing_ms["normal"]
    return held_row(
        "normal maps of two hands, 704 x 512", total, "CPU-ms", _MAP_TARGET_MS, better="lower", parts=parts
    )


def _difference(first: np.ndarray, second: np.ndarray) -> float:
    """Share of the pixels with a hand in either that are apart by more than 8 levels."""
    hand = first.any(axis=-1) | second.any(axis=-1)
    apart = np.abs(first.astype(int) - second).max(axis=-1) > 8
    return float(apart[hand].mean())


def _keypoint_cost() -> Row:
    random = np.random.default_rng(0)
    points = random.uniform(0.1, 1, (50, len(JOINTS), 3))
    ms = cpu_ms(lambda: keypoint_maps(points)) / len(points)
    return held_row("keypoint maps, 704 x 512", ms, "CPU-ms", _KEYPOINT_TARGET_MS, better="lower")


def cpu_ms(work: Callable[[], object], repeats: int = 3) -> float:
    """CPU milliseconds of one call, the least of `repeats` after one to warm up."""
    work()
    spent = []
    for _ in range(repeats):
        began_s = time.process_time()
        work()
        spent.append(time.process_time() - began_s)
    return 1000 * min(spent)


def _write_pictures(meshes: HandMeshes, camera: Camera, folder: Path) -> None:
    """One frame of each kind, side by side: maps.png."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = [list(iterate_maps(meshes, camera, kind=kind))[len(meshes.vertices) // 2] for kind in KINDS]
    cv2.imwrite(str(folder / "maps.png"), np.concatenate(pictures, axis=1)[..., ::-1])
