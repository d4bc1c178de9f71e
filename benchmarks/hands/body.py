"""Body place and the frame in which hand motion is told, on rendered talkers of whom half sway and turn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from annotators.body_place import body_place
from annotators.motion import MotionParams, from_body
from annotators.pose import BodyPoint, PoseTrack, PoseTracker
from annotators.torso import torso_axes, torso_offset
from benchmarks.results import Row
from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX
from datasets.hand.camera import DEFAULT_FOCAL_PX, clip_camera
from datasets.hand.rotations import axis_angle_to_matrix
from datasets.motion.windows import motion_sums, window_speed, window_variance, windows_of
from datasets.talker.body import BODY_NAMES
from datasets.talker.codec import through_h264
from datasets.talker.pictures import draw
from datasets.talker.scene import Scene, make_scene, truth_of
from datasets.talker.truth import TalkerTruth

_SIZE_PX = (CLIP_WIDTH_PX, CLIP_HEIGHT_PX)
_CAMERA = clip_camera()
_SECONDS, _FIRST_SEED = 6.0, 900
_WINDOW_FRAMES = 48
_CRF = 23
# How far the whole person sways to either side at most; three slow sinusoids are averaged.
_SWAY_M = np.array([0.12, 0.05, 0.25])
_SWAY_DEG = np.array([8.0, 35.0, 10.0])
_AS_IT_IS = MotionParams(median_frames=1, smooth_frames=1e-3)
_LOST_SHARE = 0.25  # chance of a gap to begin in the fastest frames; it falls with the square of the speed


@dataclass(frozen=True)
class Talker:
    """What the body annotator sees of a talker, and what is true; T frames."""

    sways: bool
    true_place: np.ndarray  # (T, 5)
    place: np.ndarray  # (T, 5)
    offset: np.ndarray  # (T, 7)
    wrists: np.ndarray  # (T, 2, 3) true, as the annotators' camera would place them
    from_torso: np.ndarray  # (T, 2, 3) true, in the true torso's frame


def rows(*, quick: bool) -> list[Row]:
    """Errors of `body_place`, of four frames for hand motion, and of two ways to treat interpolated frames."""
    talkers = [_talker(_FIRST_SEED + number) for number in range(2 if quick else 10)]
    steadied = MotionParams()
    return [
        _place_row(talkers),
        _motion_row(
            "torso as measured", [from_body(t.wrists, t.offset, _AS_IT_IS) for t in talkers], talkers
        ),
        _motion_row(
            "place as measured, the clip's rotation",
            [from_body(t.wrists, _constant(t.offset, slice(3, 7)), _AS_IT_IS) for t in talkers],
            talkers,
        ),
        _motion_row(
            "the clip's place and rotation",
            [from_body(t.wrists, _constant(t.offset, slice(0, 7)), _AS_IT_IS) for t in talkers],
            talkers,
        ),
        _motion_row(
            "torso steadied, as stored", [from_body(t.wrists, t.offset, steadied) for t in talkers], talkers
        ),
        *_gap_rows(5 if quick else 30),
    ]


def _talker(seed: int) -> Talker:
    scene = make_scene(
        seconds=_SECONDS,
        shots=1,
        seed=seed,
        width_px=_SIZE_PX[0],
        height_px=_SIZE_PX[1],
        rate_hz=CLIP_RATE_HZ,
    )
    sways = seed % 2 == 1
    scene = _swaying(scene, np.random.default_rng(seed)) if sways else scene
    truth = truth_of(scene, *_SIZE_PX)
    track = PoseTracker().track(through_h264(np.stack(list(draw(scene, *_SIZE_PX))), _CRF))
    true_track = _true_track(truth)
    wrists = truth.wrist.astype(float)
    shoulders = true_track.world[:, [BodyPoint.LEFT_SHOULDER, BodyPoint.RIGHT_SHOULDER]].mean(axis=1)
    away = wrists - shoulders[:, None]
    return Talker(
        sways=sways,
        true_place=body_place(true_track),
        place=body_place(track),
        offset=torso_offset(track, _CAMERA, smooth_frames=15),
        wrists=wrists
        * np.stack([np.ones(2), np.ones(2), [DEFAULT_FOCAL_PX / truth.focal_px[0]] * 2], axis=-1),
        from_torso=np.einsum("tij,tsi->tsj", torso_axes(true_track.world), away),
    )


def _swaying(scene: Scene, random: np.random.Generator) -> Scene:
    """The same person moved and turned before the camera: every frame is a shot with a camera of its own."""
    times = np.arange(scene.script.n_frames) / CLIP_RATE_HZ
    rates, phases = random.uniform(0.1, 0.5, (2, 3, 3)), random.uniform(0, 2 * np.pi, (2, 3, 3))
    waves = np.sin(2 * np.pi * rates * times[:, None, None, None] + phases).mean(axis=2)  # (T, 2, 3)
    turns, shifts = axis_angle_to_matrix(np.radians(_SWAY_DEG) * waves[:, 0]), _SWAY_M * waves[:, 1]
    look = scene.looks[0]
    looks = [
        replace(look, turn=turn @ look.turn, shift=look.shift + shift)
        for turn, shift in zip(turns, shifts, strict=True)
    ]
    script = replace(scene.script, shot_starts=tuple(range(len(times))), fades=())
    return replace(scene, script=script, looks=looks)


def _true_track(truth: TalkerTruth) -> PoseTrack:
    """The true shoulders and hips where the pose model would put them."""
    points = [BodyPoint[name.upper()] for name in BODY_NAMES]
    keypoints, world = np.zeros((truth.n_frames, 33, 3)), np.zeros((truth.n_frames, 33, 3))
    keypoints[..., 2] = 1
    keypoints[:, points, :2] = truth.body_2d / np.array(_SIZE_PX)
    world[:, points] = truth.body_3d
    return PoseTrack(keypoints=keypoints, world=world)


def _place_row(talkers: list[Talker]) -> Row:
    away = np.concatenate([np.abs(each.place - each.true_place) for each in talkers])
    scale = np.concatenate([np.abs(np.log(each.place[:, 2] / each.true_place[:, 2])) for each in talkers])
    away[:, :2] *= _SIZE_PX
    away[:, 2], away[:, 3:] = 100 * scale, np.degrees(away[:, 3:])
    middle, worst = np.nanmedian(away, axis=0), np.nanpercentile(away, 95, axis=0)
    names = ("x px", "y px", "scale %", "roll deg", "yaw deg")
    parts = {name: f"{middle[i]:.1f} (95 %: {worst[i]:.1f})" for i, name in enumerate(names)}
    return Row("body place: error of the scale", float(middle[2]), "%", parts=parts)


def _motion_row(name: str, places: list[np.ndarray], talkers: list[Talker]) -> Row:
    """Errors in natural logarithms, so that 0.1 is about 10 %."""
    errors = np.array(
        [_log_errors(place, each.from_torso) for place, each in zip(places, talkers, strict=True)]
    )
    sways = np.array([each.sways for each in talkers])
    parts = {
        f"{measure}, {who}": float(errors[chosen, index].mean())
        for who, chosen in (("standing", ~sways), ("swaying", sways))
        for index, measure in enumerate(("variance", "speed", "windows"))
    }
    return Row(f"hand motion, {name}", float(errors[:, 2].mean()), "ln", parts=parts)


def _log_errors(places: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Of a clip's variance, of its speed, and of its windows' variance; mean over the hands."""
    every = np.ones(places.shape[:2], bool)
    sums, true_sums, frames = motion_sums(places, every), motion_sums(truth, every), len(places)
    spans = windows_of(frames, _WINDOW_FRAMES, _WINDOW_FRAMES // 2)
    measured = (
        window_variance(sums, 0, frames),
        window_speed(sums, 0, frames),
        window_variance(sums, *spans),
    )
    true = (
        window_variance(true_sums, 0, frames),
        window_speed(true_sums, 0, frames),
        window_variance(true_sums, *spans),
    )
    variance, speed, windows = (
        float(np.abs(np.log(a / b)).mean()) for a, b in zip(measured, true, strict=True)
    )
    return variance, speed, windows


def _constant(offset: np.ndarray, columns: slice) -> np.ndarray:
    """The offset with these columns at their median in every frame."""
    still = offset.copy()
    still[:, columns] = np.nanmedian(offset[:, columns], axis=0)
    return still


def _gap_rows(count: int) -> list[Row]:
    """What is lost where fast frames are lost, whether or not those bridged in a straight line count."""
    kept, errors = [], []
    for wrist, lost in _losses(count):
        seen, frames = np.flatnonzero(~lost), np.arange(len(lost))
        bridged = np.stack([np.interp(frames, seen, column[seen]) for column in wrist.T], axis=-1)
        flags = np.stack([~lost, ~lost | _short(lost)], axis=-1)
        sums = motion_sums(np.stack([bridged, bridged], axis=1), flags)
        true = motion_sums(np.stack([wrist, wrist], axis=1), np.ones((len(lost), 2), bool))
        ends = (0, len(lost))
        speed = window_speed(sums, *ends) / window_speed(true, *ends)
        variance = window_variance(sums, *ends) / window_variance(true, *ends)
        errors.append(np.log([speed, variance]))
        kept.append(1 - lost.mean())
    bias = np.mean(errors, axis=0)  # (speed, variance) x (without, with)
    lost_share = 1 - float(np.mean(kept))
    return [
        Row(
            f"hand speed, interpolated frames {name}",
            float(bias[0, index]),
            "ln",
            parts={"variance": float(bias[1, index]), "frames lost": lost_share},
        )
        for index, name in enumerate(("left out", "counted, as stored"))
    ]


def _losses(count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Wrists (T, 3) of talkers, and which frames (T,) are lost in gaps of one to five, mostly the fast ones."""
    for seed in range(count):
        random = np.random.default_rng(seed)
        scene = make_scene(
            seconds=8, shots=1, seed=seed, width_px=_SIZE_PX[0], height_px=_SIZE_PX[1], rate_hz=CLIP_RATE_HZ
        )
        for side in (0, 1):
            wrist = scene.hands.wrist[:, side].astype(float)
            speed = np.linalg.norm(np.gradient(wrist, axis=0), axis=1)
            chance = _LOST_SHARE * np.clip(speed / np.percentile(speed, 90), 0, 1) ** 2
            lost = np.zeros(len(wrist), bool)
            for start in np.flatnonzero(random.random(len(wrist)) < chance):
                lost[start : start + random.integers(1, 6)] = True
            lost[[0, -1]] = False
            yield wrist, lost


def _short(lost: np.ndarray) -> np.ndarray:
    """Frames of gaps of at most five, which the hands' mask would bridge."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], lost.astype(int), [0]]))).reshape(-1, 2)
    short = np.zeros(len(lost), bool)
    for start, end in ends[ends[:, 1] - ends[:, 0] <= 5]:
        short[start:end] = True
    return short
