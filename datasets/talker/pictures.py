"""A scene's pictures, frame by frame."""

from collections.abc import Iterator

import cv2
import numpy as np

from datasets.hand.camera import Camera
from datasets.hand.model import SIDES
from datasets.hand.render import rasterise, shaded, vertex_normals
from datasets.hand.rotations import axis_angle_to_matrix
from datasets.talker.figure import Figure, HandMeshes
from datasets.talker.looks import Look, paint_room
from datasets.talker.scene import Scene

_BATCH = 50  # frames whose hands are posed together
_MARGIN_PX = 6  # around the person, for the lens's blur


def draw(scene: Scene, width_px: int, height_px: int) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 RGB for each frame; holds one room and one batch of hand meshes at a time."""
    figure = Figure(scene.person, scene.hand)
    shots, brightness = scene.script.shot_of_frame(), scene.script.brightness()
    for frame in range(scene.script.n_frames):
        if frame % _BATCH == 0:
            hands = _pose_hands(scene, frame)
        look = scene.looks[shots[frame]]
        if frame in scene.script.shot_starts:
            colours, room = figure.colours(look), paint_room(look, width_px, height_px)
        world = figure.vertices(scene.body, hands, frame, frame % _BATCH)
        picture = _photograph(world @ look.turn.T + look.shift, figure.faces, colours, look, room)
        yield (
            cv2.convertScaleAbs(picture, alpha=float(brightness[frame])) if brightness[frame] < 1 else picture
        )


def _pose_hands(scene: Scene, start: int) -> HandMeshes:
    wrists = scene.hands.wrist[start : start + _BATCH]
    rotations = axis_angle_to_matrix(scene.hands.axis_angle[start : start + _BATCH])
    meshes = []
    for column, side in enumerate(SIDES):
        root = scene.hand.joints(scene.betas, side)[0]
        posed = scene.hand.forward(
            rotations[:, column], wrists[:, column] - root, scene.betas, side, vertices=True
        )
        meshes.append(posed.vertices)
    return HandMeshes(
        np.stack([mesh for mesh in meshes if mesh is not None], axis=1), wrists, rotations[:, :, 0]
    )


def _photograph(
    points: np.ndarray, faces: np.ndarray, colours: np.ndarray, look: Look, room: np.ndarray
) -> np.ndarray:
    """The person before the room; only the box around the person is drawn."""
    height, width = room.shape[:2]
    pixels = look.camera.project(points)
    low = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - _MARGIN_PX, 0)
    high = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + _MARGIN_PX, [width, height])
    box = (slice(low[1], high[1]), slice(low[0], high[0]))
    camera = Camera(look.camera.focal_px, look.camera.centre_x_px - low[0], look.camera.centre_y_px - low[1])
    raster = rasterise(points, faces, camera, high[1] - low[1], high[0] - low[0], cull=True)
    person = shaded(raster, faces, vertex_normals(points, faces), colours, room[box], look.light)
    picture = room.copy()
    picture[box] = cv2.GaussianBlur(person, (3, 3), 0.7)
    return picture
