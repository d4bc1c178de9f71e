import importlib.util
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from datasets.hand.neutral import neutral_hand
from flows.clip_labels import posed_meshes
from flows.view import view_clip
from flows.view.command import ViewError
from tests.flows.report.conftest import FRAMES, fill, known_labels
from tests.flows.report.conftest import clip_mp4 as clip_mp4
from tests.flows.report.conftest import empty_lake as empty_lake
from tests.flows.report.conftest import small_lake as small_lake

needs_rerun = pytest.mark.skipif(
    importlib.util.find_spec("rerun") is None, reason="needs rerun-sdk, the extra `view`"
)


class Recording:
    """What Rerun reads back from a file."""

    def __init__(self, path):
        import rerun as rr

        self.stored = rr.dataframe.load_recording(path)

    @property
    def entities(self) -> set[str]:
        return {column.entity_path for column in self.stored.schema().component_columns()}

    @property
    def has_pictures(self) -> bool:
        return any("Blob" in str(column) for column in self.stored.schema().component_columns())

    def column(self, entity: str, component: str) -> tuple[np.ndarray, list]:
        """(frames, values) of one component, where it was recorded."""
        view = self.stored.view(index="frame", contents={entity: [component]})
        table = view.select("frame", f"{entity}:{component}").read_all()
        rows = [row for row in table.to_pylist() if row[f"{entity}:{component}"] is not None]
        return np.array([row["frame"] for row in rows]), [row[f"{entity}:{component}"] for row in rows]


def recorded_facts(recording: Recording) -> str:
    table = recording.stored.view(index="frame", contents="/facts").select_static().read_all()
    return str(table.to_pylist())


@pytest.fixture
def recorded(small_lake, tmp_path) -> Recording:
    return Recording(view_clip(small_lake, "aaa", save=tmp_path / "clip.rrd"))


@needs_rerun
def test_the_recording_holds_the_clip(recorded, clip_mp4):
    assert {
        "/world/camera", "/world/camera/body", "/world/camera/detected/left", "/world/hands/left/mesh",
        "/world/hands/left/joints", "/curves/confidence/left", "/curves/mask/right", "/facts",
    } <= recorded.entities  # fmt: skip
    assert "/world/hands/right/joints" not in recorded.entities  # never seen
    assert recorded.has_pictures
    assert recorded.stored.application_id() == "emo2"
    assert recorded.stored.recording_id() == "a" * 32
    frames, jpegs = recorded.column("/world/camera", "Blob")
    np.testing.assert_array_equal(frames, np.arange(FRAMES))
    assert bytes(jpegs[0][0][:2]) == b"\xff\xd8"


@needs_rerun
def test_hands_are_the_posed_parameters_in_metres(recorded):
    meshes = posed_meshes(known_labels(), range(FRAMES), neutral_hand())
    frames, positions = recorded.column("/world/hands/left/mesh", "Position3D")
    np.testing.assert_array_equal(frames, np.arange(FRAMES))
    np.testing.assert_allclose(positions[30], meshes.vertices[30, 0], atol=3e-3)  # the lake holds half floats
    _, joints = recorded.column("/world/hands/left/joints", "Position3D")
    np.testing.assert_allclose(joints[59], meshes.keypoints[59, 0], atol=3e-3)


@needs_rerun
def test_curves_are_the_columns_at_25_hz(recorded):
    _, confidence = recorded.column("/curves/confidence/left", "Scalar")
    _, mask = recorded.column("/curves/mask/left", "Scalar")
    np.testing.assert_allclose(np.ravel(confidence), 0.75)
    np.testing.assert_array_equal(np.ravel(mask), 1)
    view = recorded.stored.view(index="clip_time", contents={"/curves/mask/left": ["Scalar"]})
    times = view.select("clip_time").read_all()["clip_time"].to_numpy().astype("timedelta64[us]")
    np.testing.assert_allclose(times.astype(float) / 1e6, np.arange(FRAMES) / 25)


@needs_rerun
def test_sound_and_mouth_stand_beside_the_hands(empty_lake, tmp_path):
    heard = {"audio_loudness": [[-30.0], [-20.0]], "face_mouth": [[0.125, 0.5], [0.25, 0.5]]}
    said = {"speech_text": "good morning", "style_guess": "singing"}
    fill(empty_lake, "clips", [{"clip_id": "x", "n_frames": 2, **heard, **said}])
    recording = Recording(view_clip(empty_lake, "x", save=tmp_path / "clip.rrd"))
    for entity, values in (("/curves/sound", [-30, -20]), ("/curves/mouth", [0.125, 0.25])):
        np.testing.assert_array_equal(np.ravel(recording.column(entity, "Scalar")[1]), values)
    facts = recorded_facts(recording)
    assert "said: good morning" in facts
    assert "style: singing" in facts


@needs_rerun
def test_a_clip_without_labels_or_video_is_recorded_with_what_it_has(small_lake, tmp_path):
    recording = Recording(view_clip(small_lake, "c" * 32, save=tmp_path / "clip.rrd"))
    assert "/facts" in recording.entities
    assert not any("hands" in entity for entity in recording.entities)


@needs_rerun
@pytest.mark.parametrize("damaged", [True, False], ids=["damaged", "too short"])
def test_a_video_that_cannot_be_read_is_left_out_and_the_labels_are_there(
    empty_lake, tmp_path, clip_mp4, damaged
):
    confidence = [[0.5, 0.5]] * (FRAMES + 1)
    row = {"clip_id": "x", "n_frames": FRAMES + 1, "hands_valid": [[1, 1]] * (FRAMES + 1)}
    fill(empty_lake, "clips", [{**row, "hands_confidence": confidence}])
    mp4 = b"not a video" if damaged else clip_mp4
    fill(empty_lake, "clip_media", [{"clip_id": "x", "mp4": mp4, "n_frames": FRAMES}])
    recording = Recording(view_clip(empty_lake, "x", save=tmp_path / "clip.rrd"))
    assert "/curves/confidence/left" in recording.entities
    assert not recording.has_pictures


@needs_rerun
def test_a_hand_model_that_is_not_on_this_machine_is_said(empty_lake, tmp_path, monkeypatch):
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path))
    fill(empty_lake, "clips", [{"clip_id": "x", "n_frames": 5, "hands_model": "mano-0123456789ab"}])
    with pytest.raises(Exception, match="emo2 models add mano"):
        view_clip(empty_lake, "x", save=tmp_path / "clip.rrd")


@needs_rerun
def test_a_file_that_cannot_be_written_is_one_sentence(small_lake, tmp_path):
    with pytest.raises(ViewError, match="does not exist; make it first"):
        view_clip(small_lake, "aaa", save=tmp_path / "none" / "clip.rrd")
    with pytest.raises(ViewError, match="Is a directory; give another file"):
        view_clip(small_lake, "aaa", save=tmp_path)


@needs_rerun
def test_the_window_sends_no_statistics_and_listens_on_this_machine_only(small_lake, monkeypatch):
    opened, run = [], subprocess.run

    def run_but_the_window(command, env, **how):
        if "analytics" in command:
            return run(command, env=env, **how)
        settings = Path(env["XDG_CONFIG_HOME"]) / "rerun" / "analytics.json"
        opened.append((command, json.loads(settings.read_text())))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(subprocess, "run", run_but_the_window)
    assert view_clip(small_lake, "aaa") is None
    ((window, settings),) = opened
    assert settings["analytics_enabled"] is False
    assert window[window.index("--bind") + 1] == "127.0.0.1"
    assert window[-1].endswith(".rrd")


@needs_rerun
def test_without_a_screen_the_file_is_offered(small_lake, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ViewError, match="--save"):
        view_clip(small_lake, "aaa")


def test_without_rerun_the_extra_is_named(small_lake, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ViewError, match=r"pip install 'emo2\[view\]'"):
        view_clip(small_lake, "aaa")
