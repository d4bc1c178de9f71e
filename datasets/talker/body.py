"""How the body moves: torso and head sway, the head nods on beats, elbows follow the wrists, eyes blink."""

from dataclasses import dataclass

import numpy as np

from datasets.hand.rotations import axis_angle_to_matrix
from datasets.talker.script import Script
from datasets.talker.speech import mouth_opening

BODY_NAMES = (
    "nose",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
)
# Metres from midway between the shoulders; x to the person's left, y down, z to the back. Lengths are about
# those of an adult of 1.72 m (Drillis and Contini, 1966: upper arm 0.186, forearm 0.146 of the height).
SHOULDER = np.array([0.175, 0.008, 0.0])  # of the left
HIP = np.array([0.11, 0.50, 0.0])
_HIPS_MIDDLE = np.array([0.0, 0.50, 0.0])
_TO_RIGHT = np.array([-1.0, 1.0, 1.0])
UPPER_ARM_M, FOREARM_M = 0.31, 0.25
NECK_PIVOT = np.array([0.0, -0.10, 0.01])
HEAD_CENTRE = np.array([0.0, -0.208, -0.02])
NOSE_TIP = HEAD_CENTRE + np.array([0.0, 0.022, -0.118])
FACE_CENTRE = HEAD_CENTRE + np.array([0.0, 0.0, -0.09])
_ELBOW_DRIFT = np.array([0.75, 0.65, 0.25])  # elbows hang outwards, down and a little back
_BLINK_S = 0.2


@dataclass(frozen=True, eq=False)
class BodyMotion:
    """T frames in the world frame, metres; rotations turn about the hips' middle and the neck."""

    torso: np.ndarray  # (T, 3, 3)
    head: np.ndarray  # (T, 3, 3) in the world
    joints: np.ndarray  # (T, 9, 3) in BODY_NAMES's order
    face_centre: np.ndarray  # (T, 3)
    mouth: np.ndarray  # (T,) 0 closed to 1 wide open
    eyelids: np.ndarray  # (T,) 0 open to 1 shut


def move_body(script: Script, wrists: np.ndarray, random: np.random.Generator) -> BodyMotion:
    """The body under the wrists (T, 2, 3)."""
    times = np.arange(script.n_frames) / script.rate_hz
    torso = axis_angle_to_matrix(_sway(times, np.radians([1.0, 3.0, 1.2]), random))
    look = _sway(times, np.radians([3.0, 7.0, 2.5]), random)
    look[:, 0] += np.radians(4.0) * _nods(times, script.beats_s)
    head = torso @ axis_angle_to_matrix(look)
    shoulders = np.stack([_carry(point, torso) for point in (SHOULDER, SHOULDER * _TO_RIGHT)], axis=1)
    hips = np.stack([_carry(point, torso) for point in (HIP, HIP * _TO_RIGHT)], axis=1)
    elbows = _elbows(shoulders, wrists)
    joints = np.concatenate(
        [on_head(NOSE_TIP, torso, head)[:, None], shoulders, elbows, wrists, hips], axis=1
    )
    return BodyMotion(
        torso=torso,
        head=head,
        joints=joints,
        face_centre=on_head(FACE_CENTRE, torso, head),
        mouth=mouth_opening(script.syllables, times),
        eyelids=_blinks(times, random),
    )


def on_torso(points: np.ndarray, torso: np.ndarray) -> np.ndarray:
    """(n, 3) upright points, turned by one frame's torso rotation (3, 3) about the hips' middle."""
    return (points - _HIPS_MIDDLE) @ torso.T + _HIPS_MIDDLE


def on_head(point: np.ndarray, torso: np.ndarray, head: np.ndarray) -> np.ndarray:
    """(T, 3) a point (3,) of the upright head, carried by torso and head rotations (T, 3, 3)."""
    return _carry(NECK_PIVOT, torso) + head @ (point - NECK_PIVOT)


def _carry(point: np.ndarray, torso: np.ndarray) -> np.ndarray:
    """(T, 3) one point (3,) carried by T torso rotations."""
    return torso @ (point - _HIPS_MIDDLE) + _HIPS_MIDDLE


def _sway(times: np.ndarray, size: np.ndarray, random: np.random.Generator) -> np.ndarray:
    rates, phases = random.uniform(0.08, 0.35, (3, 3)), random.uniform(0, 2 * np.pi, (3, 3))
    return size * np.sin(2 * np.pi * rates * times[:, None, None] + phases).mean(axis=1)


def _nods(times: np.ndarray, beats_s: np.ndarray) -> np.ndarray:
    """(T,) 1 at each beat, gone within a third of a second."""
    nods = np.zeros(len(times))
    for beat in beats_s:
        first, last = np.searchsorted(times, [beat - 0.4, beat + 0.4])
        nods[first:last] += np.exp(-(((times[first:last] - beat) / 0.13) ** 2))
    return nods


def _blinks(times: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(T,) a blink every two to five seconds."""
    shut, now = np.zeros(len(times)), random.uniform(0.8, 2.0)
    while now < (times[-1] if len(times) else 0):
        shut = np.maximum(shut, np.clip(1.3 - np.abs(times - now) / (_BLINK_S / 2), 0, 1))
        now += random.uniform(2.0, 5.0)
    return shut


def _elbows(shoulders: np.ndarray, wrists: np.ndarray) -> np.ndarray:
    """(T, 2, 3): where both bones meet; an arm too short for its wrist is stretched along the way."""
    reach = wrists - shoulders
    distance = np.linalg.norm(reach, axis=-1, keepdims=True)
    along = reach / distance
    span = np.minimum(distance, 0.995 * (UPPER_ARM_M + FOREARM_M))
    lead = (span**2 + UPPER_ARM_M**2 - FOREARM_M**2) / (2 * span)
    height = np.sqrt(np.maximum(UPPER_ARM_M**2 - lead**2, 0))
    drift = _ELBOW_DRIFT * np.stack([np.ones(3), _TO_RIGHT])
    aside = drift - along * np.sum(drift * along, axis=-1, keepdims=True)
    aside /= np.linalg.norm(aside, axis=-1, keepdims=True)
    return shoulders + along * lead * (distance / span) + aside * height
