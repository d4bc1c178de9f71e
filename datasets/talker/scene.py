"""A talker as decided by the seed: script, motion and looks, and the ground truth that follows from them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datasets.hand.model import SIDES, HandModel
from datasets.hand.neutral import neutral_hand
from datasets.hand.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from datasets.talker.body import BODY_NAMES, BodyMotion, move_body
from datasets.talker.gestures import HandMotion, move_hands
from datasets.talker.looks import Look, Person, choose_looks, choose_person
from datasets.talker.script import Script, write_script
from datasets.talker.truth import TalkerTruth


@dataclass(frozen=True, eq=False)
class Scene:
    """All that is rendered. Motion is in the world frame, looks hold the cameras."""

    script: Script
    person: Person
    looks: list[Look]
    hand: HandModel
    betas: np.ndarray  # (10,)
    hands: HandMotion
    body: BodyMotion


def make_scene(
    *,
    seconds: float,
    shots: int,
    seed: int,
    width_px: int,
    height_px: int,
    rate_hz: float,
    bend: Callable[[HandMotion], HandMotion] | None = None,
) -> Scene:
    """The scene of a seed. Each part draws from its own stream: a change in one moves no other.

    bend: changes the hands' motion before the arms follow it.
    """
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)]
    script = write_script(seconds, shots, rate_hz, streams[0])
    hands = move_hands(script, streams[1])
    hands = bend(hands) if bend else hands
    return Scene(
        script=script,
        person=choose_person(streams[2]),
        looks=choose_looks(shots, width_px, height_px, streams[3]),
        hand=neutral_hand(),
        betas=streams[4].normal(0, 0.5, 10).astype(np.float32).astype(float),
        hands=hands,
        body=move_body(script, hands.wrist, streams[5]),
    )


def truth_of(scene: Scene, width_px: int, height_px: int) -> TalkerTruth:
    """Ground truth in each frame's own camera."""
    script, shot = scene.script, scene.script.shot_of_frame()
    turn = np.array([look.turn for look in scene.looks])[shot]
    shift = np.array([look.shift for look in scene.looks])[shot]
    focal = np.array([look.camera.focal_px for look in scene.looks])[shot]
    centre = np.array([(look.camera.centre_x_px, look.camera.centre_y_px) for look in scene.looks])[shot]

    def in_camera(points: np.ndarray) -> np.ndarray:
        return points @ np.swapaxes(turn, -1, -2) + shift[:, None]

    def in_picture(points: np.ndarray) -> np.ndarray:
        flat = points.reshape(len(points), -1, 3)
        pixels = focal[:, None, None] * flat[..., :2] / flat[..., 2:] + centre[:, None]
        return pixels.reshape(*points.shape[:-1], 2)

    wrist, body = in_camera(scene.hands.wrist), in_camera(scene.body.joints)
    axis_angle, translation, keypoints = _hands_in_camera(scene, turn, wrist)
    pixels = in_picture(keypoints)
    inside = (pixels >= 0).all(axis=-1) & (pixels < [width_px, height_px]).all(axis=-1)
    return TalkerTruth(
        rate_hz=_single(np.array(script.rate_hz)),
        size_px=np.array([width_px, height_px]),
        focal_px=_single(focal),
        centre_px=_single(centre),
        hand_model=np.array(scene.hand.name),
        betas=_single(scene.betas),
        axis_angle=_single(axis_angle.reshape(-1, 2, 48)),
        translation=_single(translation),
        wrist=_single(wrist),
        keypoints_3d=_single(keypoints),
        keypoints_2d=_single(pixels),
        visible=inside,
        body_names=np.array(BODY_NAMES),
        body_3d=_single(body),
        body_2d=_single(in_picture(body)),
        face_centre_px=_single(in_picture(in_camera(scene.body.face_centre[:, None]))[:, 0]),
        shot=shot,
        brightness=_single(script.brightness()),
        cut_frames=script.cut_frames,
        fades=np.array([(f.start_frame, f.end_frame, f.black_frame) for f in script.fades], int).reshape(
            -1, 3
        ),
        beats_s=_single(script.beats_s),
    )


def _hands_in_camera(
    scene: Scene, turn: np.ndarray, wrist: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Axis-angles (T, 2, 16, 3), translations (T, 2, 3) and keypoints (T, 2, 21, 3) in the camera frame."""
    axis_angle = scene.hands.axis_angle.copy()
    global_ = turn[:, None] @ axis_angle_to_matrix(axis_angle[:, :, 0])
    axis_angle[:, :, 0] = matrix_to_axis_angle(global_)
    roots = np.array([scene.hand.joints(scene.betas, side)[0] for side in SIDES])
    translation = wrist - roots
    keypoints = [
        scene.hand.forward(
            axis_angle_to_matrix(axis_angle[:, column]), translation[:, column], scene.betas, side
        ).keypoints
        for column, side in enumerate(SIDES)
    ]
    return axis_angle, translation, np.stack(keypoints, axis=1)


def _single(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32)
