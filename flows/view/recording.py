"""A clip as a Rerun recording: the only file that speaks rerun's language.

Entities, in metres in the camera frame under `world`, in clip pixels under `world/camera`:
    world/camera                     pinhole, and the frames as JPEG
    world/camera/body                arms, torso and legs in 2D
    world/camera/detected/SIDE       the detector's 21 points, also where the mask left them out
    world/body                       the same in 3D, placed by the shoulders' middle
    world/hands/SIDE/mesh, /joints   the posed MANO hand, where the mask shows one
    curves/NAME/SIDE                 confidence, score, clarity, mask (0 none, 1 measured, 2 interpolated),
                                     uncertainty (mean posterior deviation of the joints, degrees)
    curves/sound, curves/mouth       loudness in dBFS, opening of the mouth as a fraction of the face's height
    facts                            what the clip is and what labelled it
"""

from pathlib import Path

import av
import numpy as np
import rerun as rr
import rerun.blueprint as rrb

from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX
from datasets.hand.camera import Camera, clip_camera
from datasets.hand.maps import HandMeshes
from datasets.hand.model import SIDES, HandModel
from datasets.hand.render import vertex_normals
from datasets.media.encode import encode_jpeg, read_frames
from datasets.skeleton import MEDIAPIPE_33
from flows.clip_labels import ClipLabels, posed_meshes, rows_of
from flows.report.overlay import BODY_BONES, BODY_RGB, HAND_BONES, LEFT_RGB, RIGHT_RGB
from flows.view.find import StoredClip

_JPEG_QUALITY = 88  # a window without ffmpeg shows no H.264, so frames travel as pictures
_COLOURS = {"left": LEFT_RGB, "right": RIGHT_RGB}
_SHOULDERS = [MEDIAPIPE_33.index("left_shoulder"), MEDIAPIPE_33.index("right_shoulder")]
_CURVES = {
    "confidence": "hands_confidence",
    "score": "hands_score",
    "clarity": "hands_clarity",
    "mask": "hands_valid",
}
# column, of which the first number is drawn; what the curve is called; its colour
_HEARD = {
    "sound": ("audio_loudness", "loudness, dBFS", (150, 158, 172)),
    "mouth": ("face_mouth", "opening of the mouth", (255, 143, 208)),
}


def record(clip: StoredClip, model: HandModel | None, path: Path) -> None:
    """Write the clip to `path` as .rrd. What is null, or a video that is damaged, is left out.

    Raises OSError where it cannot be written.
    """
    path.open("wb").close()  # rerun reports an unwritable file from a thread of its own, which nobody hears
    stream = rr.RecordingStream("emo2", recording_id=clip.clip_id, send_properties=False)
    stream.send_recording_name(f"{clip.clip_id[:10]} {clip.uri.rsplit('/', 1)[-1]}")
    stream.save(str(path), default_blueprint=_blueprint(clip.labels))
    frames = range(_length(clip))
    _record_camera(stream, clip.labels.camera)
    pictures = _pictures(clip.mp4, len(frames))
    _record_facts(stream, clip, damaged=clip.mp4 is not None and pictures is None)
    _record_curves(stream, clip.labels)
    meshes = posed_meshes(clip.labels, frames, model)
    if meshes is not None:
        _record_faces(stream, meshes)
    detected, body = clip.labels.detected(frames), rows_of(clip.labels.body_keypoints, frames, (33, 3))
    placed = placed_body(clip.labels)
    for frame in frames:
        stream.set_time("frame", sequence=frame)
        stream.set_time("clip_time", duration=frame / CLIP_RATE_HZ)
        if pictures is not None:
            jpeg = encode_jpeg(pictures[frame], _JPEG_QUALITY)
            stream.log("world/camera", rr.EncodedImage(contents=jpeg, media_type="image/jpeg"))
        if detected is not None:
            _record_detected(stream, detected[frame] * (CLIP_WIDTH_PX, CLIP_HEIGHT_PX))
        if body is not None:
            _record_flat_body(stream, body[frame])
        if placed is not None:
            _record_placed_body(stream, placed[frame])
        if meshes is not None:
            _record_hands(stream, meshes, frame)
    stream.flush(blocking=True)
    stream.disconnect()


def placed_body(labels: ClipLabels) -> np.ndarray | None:
    """(T, 33, 3) the body's landmarks in the camera frame, metres; NaN in frames without a body."""
    if labels.body_world is None or labels.body_offset is None:
        return None
    world = np.asarray(labels.body_world, float).reshape(-1, 33, 3)
    middle = world[:, _SHOULDERS].mean(axis=1, keepdims=True)
    return world - middle + np.asarray(labels.body_offset, float)[:, None, :3]


def _length(clip: StoredClip) -> int:
    columns = (clip.labels.hands_valid, clip.labels.body_keypoints)
    return next((len(column) for column in columns if column is not None), clip.facts["n_frames"] or 0)


def _pictures(mp4: bytes | None, count: int) -> np.ndarray | None:
    """(T, H, W, 3) the clip's frames; None where the lake holds no video, or not one of `count` frames."""
    if mp4 is None:
        return None
    try:
        return read_frames(mp4, range(count), "pyav")
    except (av.FFmpegError, IndexError, KeyError):
        return None


def _record_camera(stream: rr.RecordingStream, camera: Camera | None) -> None:
    camera = camera or clip_camera()
    stream.log("world", rr.ViewCoordinates.RDF, static=True)
    pinhole = rr.Pinhole(
        focal_length=camera.focal_px,
        principal_point=(camera.centre_x_px, camera.centre_y_px),
        width=CLIP_WIDTH_PX,
        height=CLIP_HEIGHT_PX,
        camera_xyz=rr.ViewCoordinates.RDF,
        image_plane_distance=0.2,
    )
    stream.log("world/camera", pinhole, static=True)


def _record_facts(stream: rr.RecordingStream, clip: StoredClip, *, damaged: bool) -> None:
    labels, facts = clip.labels, clip.facts
    lines = {
        "clip": clip.clip_id,
        "source": f"{clip.uri}, {facts['start_s']} to {facts['end_s']} s",
        "frames": facts["n_frames"],
        "split": facts["split"],
        "state": "kept" if facts["keep"] else f"not kept: {facts['reason']}",
        "hands by": _source(facts["hands_src"]),
        "body by": _source(facts["body_src"]),
        "hand model": labels.hands_model,
        "calibration": labels.hands_calibration,
        "hands of others left out": labels.hands_others,
        "said": labels.speech_text,
        "mouth with sound": None if labels.speaker_score is None else f"{labels.speaker_score:.2f}",
        "style": labels.style_told or labels.style_guess,
        "video": "cannot be read: it is damaged or shorter than its row says" if damaged else None,
    }
    text = "\n".join(f"{name}: {value}" for name, value in lines.items() if value is not None)
    stream.log("facts", rr.TextDocument(text), static=True)


def _source(provenance: dict[str, object] | None) -> str | None:
    return f"{provenance['name']} {provenance['version']}" if provenance else None


def _record_curves(stream: rr.RecordingStream, labels: ClipLabels) -> None:
    """Every value of a whole clip at once; NaN leaves a gap in the curve."""
    curves = {name: getattr(labels, column) for name, column in _CURVES.items()}
    if labels.hands_std is not None:
        angles = np.asarray(labels.hands_std, float).reshape(-1, 2, 19)[:, :, :16]
        curves["uncertainty"] = np.degrees(angles.mean(axis=2))
    for name, values in curves.items():
        for column, side in enumerate(SIDES if values is not None else ()):
            _record_curve(stream, f"curves/{name}/{side}", values[:, column], side, _COLOURS[side])
    for name, (held, words, colour) in _HEARD.items():
        values = getattr(labels, held)
        if values is not None:
            _record_curve(stream, f"curves/{name}", values[:, 0], words, colour)


def _record_curve(
    stream: rr.RecordingStream, path: str, values: np.ndarray, name: str, colour: tuple[int, int, int]
) -> None:
    """values: (T,)."""
    frames = np.arange(len(values))
    times = [
        rr.TimeColumn("frame", sequence=frames),
        rr.TimeColumn("clip_time", duration=frames / CLIP_RATE_HZ),
    ]
    stream.log(path, rr.SeriesLines(colors=colour, names=name, widths=1.5), static=True)
    stream.send_columns(path, indexes=times, columns=rr.Scalars.columns(scalars=np.asarray(values, float)))


def _record_faces(stream: rr.RecordingStream, meshes: HandMeshes) -> None:
    """What of a hand's surface never changes."""
    for column, side in enumerate(SIDES):
        fixed = rr.Mesh3D.from_fields(triangle_indices=meshes.faces[column], albedo_factor=_COLOURS[side])
        stream.log(f"world/hands/{side}/mesh", fixed, static=True)


def _record_hands(stream: rr.RecordingStream, meshes: HandMeshes, frame: int) -> None:
    for column, side in enumerate(SIDES):
        path = f"world/hands/{side}"
        if not meshes.shown[frame, column]:
            stream.log(path, rr.Clear(recursive=True))
            continue
        vertices, joints = meshes.vertices[frame, column], meshes.keypoints[frame, column]
        normals = vertex_normals(vertices, meshes.faces[column])
        stream.log(f"{path}/mesh", rr.Mesh3D.from_fields(vertex_positions=vertices, vertex_normals=normals))
        strips = [joints[list(bone)] for bone in HAND_BONES]
        stream.log(f"{path}/bones", rr.LineStrips3D(strips, colors=_COLOURS[side], radii=0.001))
        stream.log(f"{path}/joints", rr.Points3D(joints, colors=(255, 255, 255), radii=0.0025))


def _record_detected(stream: rr.RecordingStream, points: np.ndarray) -> None:
    """points (2, 21, 2) pixels."""
    for column, side in enumerate(SIDES):
        path = f"world/camera/detected/{side}"
        known = points[column][np.isfinite(points[column]).all(axis=1)]
        stream.log(path, rr.Points2D(known, colors=_COLOURS[side], radii=2.0))


def _record_flat_body(stream: rr.RecordingStream, body: np.ndarray) -> None:
    """body (33, 3): x, y as fractions of the clip, visibility."""
    points = body[:, :2] * (CLIP_WIDTH_PX, CLIP_HEIGHT_PX)
    strips = [points[list(bone)] for bone in BODY_BONES if np.isfinite(points[list(bone)]).all()]
    stream.log("world/camera/body", rr.LineStrips2D(strips, colors=BODY_RGB, radii=1.2))


def _record_placed_body(stream: rr.RecordingStream, body: np.ndarray) -> None:
    """body (33, 3) metres."""
    strips = [body[list(bone)] for bone in BODY_BONES if np.isfinite(body[list(bone)]).all()]
    stream.log("world/body", rr.LineStrips3D(strips, colors=BODY_RGB, radii=0.004))


def _blueprint(labels: ClipLabels) -> rrb.Blueprint:
    """The picture beside the scene, the curves and the facts; in the picture, surfaces would hide the hands."""
    shown = (
        ("confidence", labels.hands_confidence, (0, 1)),
        ("mask", labels.hands_valid, (0, 2)),
        ("uncertainty", labels.hands_std, None),
        ("sound", labels.audio_loudness, (-100, 0)),
        ("mouth", labels.face_mouth, None),
    )
    curves = [
        rrb.TimeSeriesView(origin=f"curves/{name}", name=name, axis_y=rrb.ScalarAxis(range=span))
        for name, column, span in shown
        if column is not None
    ]
    drawn = [f"world/hands/{side}/{part}" for side in SIDES for part in ("bones", "joints")]
    picture = rrb.Spatial2DView(origin="world/camera", contents=["world/camera/**", *drawn], name="picture")
    scene = rrb.Spatial3DView(origin="world", name="camera frame, metres")
    facts = rrb.TextDocumentView(origin="facts", name="facts")
    side = rrb.Vertical(scene, rrb.Horizontal(*curves), facts, row_shares=[4, 3, 2])
    return rrb.Blueprint(
        rrb.Horizontal(picture, side, column_shares=[2, 3]),
        rrb.SelectionPanel(state="collapsed"),
        rrb.TimePanel(state="collapsed"),
    )
