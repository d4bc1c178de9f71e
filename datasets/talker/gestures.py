"""How the hands move: key poses on the beats and at rest, with smooth ways between them.

A key pose is told from the person's own body, the same for both hands: out to the hand's own side, up, and
forward, in metres from the point midway between the shoulders.
"""

from dataclasses import dataclass

import numpy as np

from datasets.hand.model import SIDES, Side
from datasets.hand.neutral_mesh import FINGERS
from datasets.hand.rotations import axis_angle_to_matrix, matrix_to_axis_angle, mirror_axis_angle
from datasets.talker.script import Script

_STROKE_S = 0.26  # from the top of a gesture down to its beat
_REST_LEAD_S = 0.5
_MIN_GAP_S = 0.1


@dataclass(frozen=True)
class HandPose:
    """One key pose; curls 0 straight to 1 in the fist, thumb to pinky."""

    place: tuple[float, float, float]
    fingers: tuple[float, float, float]  # where straight fingers point
    palm: tuple[float, float, float]  # where the palm looks
    curls: tuple[float, float, float, float, float]
    spread: float


REST = HandPose(
    (0.15, -0.27, 0.27), (-0.42, 0.5, 0.35), (-0.3, -0.2, -0.9), (0.15, 0.15, 0.2, 0.24, 0.28), 0.4
)
GESTURES = (
    # open palm to the listener
    HandPose((0.20, -0.10, 0.32), (0.08, 0.95, 0.3), (-0.15, -0.2, 0.95), (0.0, 0.1, 0.08, 0.1, 0.15), 0.9),
    # holding a box
    HandPose((0.17, -0.15, 0.33), (-0.1, 0.85, 0.45), (-0.65, -0.1, 0.7), (0.1, 0.12, 0.15, 0.18, 0.2), 0.5),
    # offering, palm up and outwards
    HandPose((0.22, -0.17, 0.31), (0.35, 0.8, 0.35), (-0.1, 0.35, 0.9), (0.05, 0.15, 0.2, 0.25, 0.3), 0.6),
    # to oneself, back of the hand to the listener
    HandPose((0.17, -0.11, 0.27), (-0.5, 0.8, 0.15), (-0.25, -0.1, -0.95), (0.1, 0.1, 0.14, 0.18, 0.22), 0.5),
    # pointing up
    HandPose((0.19, -0.10, 0.32), (0.0, 0.95, 0.3), (-0.35, -0.1, 0.9), (0.5, 0.02, 0.6, 0.7, 0.7), 0.3),
    # pinching a detail
    HandPose((0.17, -0.12, 0.33), (-0.1, 0.9, 0.4), (-0.5, -0.15, 0.85), (0.4, 0.35, 0.28, 0.2, 0.12), 0.6),
    # a loose fist
    HandPose((0.17, -0.14, 0.31), (-0.3, 0.85, 0.3), (-0.4, -0.2, -0.9), (0.25, 0.28, 0.32, 0.38, 0.42), 0.3),
)


@dataclass(frozen=True, eq=False)
class HandMotion:
    """Both hands over T frames, left then right; world frame: x to the person's left, y down, z back."""

    wrist: np.ndarray  # (T, 2, 3) metres
    axis_angle: np.ndarray  # (T, 2, 16, 3) in each side's own MANO convention; the global one in the world


@dataclass(frozen=True, eq=False)
class _Keys:
    times: np.ndarray  # (K,)
    places: np.ndarray  # (K, 3) world
    turns: np.ndarray  # (K, 3, 3) world
    curls: np.ndarray  # (K, 6) five curls, then the spread


def move_hands(script: Script, random: np.random.Generator) -> HandMotion:
    """Hands that rise before each beat, come down on it, and rest between phrases."""
    times = np.arange(script.n_frames) / script.rate_hz
    poses = _key_poses(script, random)
    wrists, angles = [], []
    for side in SIDES:
        keys = _world_keys([(time, pair[SIDES.index(side)]) for time, pair in poses], side)
        wrist, axis_angle = _between(keys, times, side, random)
        wrists.append(wrist)
        angles.append(axis_angle)
    return HandMotion(np.stack(wrists, axis=1), np.stack(angles, axis=1))


def _key_poses(script: Script, random: np.random.Generator) -> list[tuple[float, tuple[HandPose, HandPose]]]:
    """(time, (left, right)) in rising time: rest, then for each beat the top of the gesture and its end."""
    keys: list[tuple[float, tuple[HandPose, HandPose]]] = [(0.0, (REST, REST))]

    def add(time: float, pair: tuple[HandPose, HandPose]) -> None:
        if time >= keys[-1][0] + _MIN_GAP_S:
            keys.append((time, pair))

    for phrase in script.phrases:
        beats = [syllable.start_s for syllable in phrase if syllable.stressed]
        if beats:
            add(beats[0] - _STROKE_S - _REST_LEAD_S, (REST, REST))
        for beat in beats:
            pair = _beat_pose(random)
            add(beat - _STROKE_S, (_raised(pair[0], random), _raised(pair[1], random)))
            add(beat, pair)
        if beats:
            add(beats[-1] + 0.35, pair)
            add(beats[-1] + 1.0, (REST, REST))
    return keys


def _beat_pose(random: np.random.Generator) -> tuple[HandPose, HandPose]:
    """Mostly the same gesture with both hands, sometimes another one with the other hand."""
    chosen = GESTURES[random.integers(len(GESTURES))]
    other = chosen if random.random() < 0.65 else GESTURES[random.integers(len(GESTURES))]
    return _varied(chosen, random), _varied(other, random)


def _varied(pose: HandPose, random: np.random.Generator) -> HandPose:
    place = np.array(pose.place) + random.normal(0, [0.02, 0.025, 0.015])
    fingers = np.array(pose.fingers) + random.normal(0, 0.12, 3)
    curls = np.clip(np.array(pose.curls) + random.normal(0, 0.05, 5), 0, 1)
    return HandPose(tuple(place), tuple(fingers), pose.palm, tuple(curls), pose.spread)


def _raised(pose: HandPose, random: np.random.Generator) -> HandPose:
    """The top of the stroke: higher, a little further in, fingers somewhat closed."""
    place = np.add(pose.place, [-0.015, random.uniform(0.06, 0.09), -0.01])
    curls = np.clip(np.array(pose.curls) + 0.08, 0, 1)
    return HandPose(tuple(place), pose.fingers, pose.palm, tuple(curls), 0.7 * pose.spread)


def _world_keys(poses: list[tuple[float, HandPose]], side: Side) -> _Keys:
    to_world = np.array([1.0 if side == "left" else -1.0, -1.0, -1.0])
    places = np.array([pose.place for _, pose in poses]) * to_world
    turns = np.array(
        [_facing(to_world * np.array(p.fingers), to_world * np.array(p.palm), side) for _, p in poses]
    )
    curls = np.array([[*pose.curls, pose.spread] for _, pose in poses])
    return _Keys(np.array([time for time, _ in poses]), places, turns, curls)


def _facing(fingers: np.ndarray, palm: np.ndarray, side: Side) -> np.ndarray:
    """The global rotation that points a flat hand's fingers and, as far as it can, its palm as told."""
    along = fingers / np.linalg.norm(fingers)
    normal = palm - along * (along @ palm)
    normal /= np.linalg.norm(normal)
    x_axis = along if side == "left" else -along
    return np.stack([x_axis, -normal, np.cross(x_axis, -normal)], axis=1)


def _between(
    keys: _Keys, times: np.ndarray, side: Side, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Wrists (T, 3) and axis-angles (T, 16, 3): minimum-jerk from key to key, still at every key."""
    segment = np.clip(np.searchsorted(keys.times, times, side="right") - 1, 0, max(len(keys.times) - 2, 0))
    after = np.minimum(segment + 1, len(keys.times) - 1)
    length = np.maximum(keys.times[after] - keys.times[segment], 1e-9)
    phase = np.clip((times - keys.times[segment]) / length, 0, 1)[:, None]
    eased = phase**3 * (10 - 15 * phase + 6 * phase**2)
    wrist = keys.places[segment] + eased * (keys.places[after] - keys.places[segment])
    step = matrix_to_axis_angle(np.swapaxes(keys.turns[segment], -1, -2) @ keys.turns[after])
    sway = _wander(times, 3, 0.04, random)
    turn = keys.turns[segment] @ axis_angle_to_matrix(eased * step) @ axis_angle_to_matrix(sway)
    curls = keys.curls[segment] + eased * (keys.curls[after] - keys.curls[segment])
    curls[:, :5] = np.clip(curls[:, :5] + _wander(times, 5, 0.05, random), 0, 1)
    fingers = _finger_angles(curls, side)
    axis_angle = np.concatenate([matrix_to_axis_angle(turn)[:, None], fingers], axis=1)
    return wrist + _wander(times, 3, 0.002, random), axis_angle


def _wander(times: np.ndarray, channels: int, size: float, random: np.random.Generator) -> np.ndarray:
    """(T, channels) slow restlessness about zero."""
    rates, phases = random.uniform(0.15, 0.6, (3, channels)), random.uniform(0, 2 * np.pi, (3, channels))
    return size * np.sin(2 * np.pi * rates * times[:, None, None] + phases).mean(axis=1)


def _finger_angles(curls: np.ndarray, side: Side) -> np.ndarray:
    """(T, 15, 3) axis-angles of the fifteen finger joints, of curls and spread (T, 6)."""
    angles = np.zeros((len(curls), 15, 3))
    fans = np.array([0.0, 0.16, 0.02, -0.12, -0.24])  # radians at full spread
    for column, finger in enumerate(FINGERS):
        bends = _THUMB_BENDS if column == 0 else _FINGER_BENDS
        axis = _bend_axis(finger.direction, thumb=column == 0)
        first = finger.first_joint - 1
        angles[:, first : first + 3] = curls[:, column, None, None] * bends[:, None] * axis
        angles[:, first, 1] += fans[column] * (curls[:, 5] - 0.4)
    return mirror_axis_angle(angles) if side == "left" else angles


# Radians of each joint in a fist, about the limits of free motion without effort.
_FINGER_BENDS = np.radians([80.0, 95.0, 60.0])
_THUMB_BENDS = np.radians([35.0, 40.0, 55.0])


def _bend_axis(direction: np.ndarray, *, thumb: bool) -> np.ndarray:
    """Unit axis of the right hand that turns a finger into the palm; the thumb goes across it."""
    towards = np.array([-0.35, -0.6, -0.75]) if thumb else np.array([0.0, -1.0, 0.0])
    axis = np.cross(direction, towards)
    return axis / np.linalg.norm(axis)
