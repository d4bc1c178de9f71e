"""`emo2 view`: find the clip, record it, and show the recording or keep it."""

import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from datasets.errors import UserError
from datasets.hand.model import HandModel
from datasets.hand.store import hand_model
from datasets.lake import Lake
from flows.view.find import find_clip

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET")
# `python -m rerun_cli` ends with 0 whatever happened.
_VIEWER = "import sys; from rerun_cli.__main__ import main; sys.exit(main())"
_QUIET = ("--hide-welcome-screen", "--bind", "127.0.0.1", "--port")


class ViewError(UserError):
    """The clip cannot be shown; the sentence says what is missing."""


def view_clip(lake: Lake, clip_id: str, *, save: Path | None = None) -> Path | None:
    """Show one clip in a Rerun window until it is closed, or write it to `save` (.rrd) and return that path.

    clip_id: whole, or a beginning that no other clip has. Raises UnknownClip; ViewError without rerun-sdk or
    where `save` cannot be written; UserError where the labels belong to a hand model this machine lacks.
    """
    if importlib.util.find_spec("rerun") is None:
        raise ViewError("emo2 view needs rerun-sdk: install the extra with `pip install 'emo2[view]'`")
    if save is not None and not save.parent.is_dir():
        raise ViewError(f"cannot write {save}: the folder {save.parent} does not exist; make it first")
    clip = find_clip(lake, clip_id)
    from flows.view.recording import record

    model = _model_of(clip.labels.hands_model)
    if save is not None:
        try:
            record(clip, model, save)
        except OSError as error:
            raise ViewError(f"cannot write {save}: {error.strerror or error}; give another file") from error
        return save
    with tempfile.TemporaryDirectory(prefix="emo2-view-") as scratch:
        recording = Path(scratch) / f"{clip.clip_id}.rrd"
        record(clip, model, recording)
        _open_window(recording, Path(scratch))
    return None


def _model_of(name: str | None) -> HandModel | None:
    return hand_model(name) if name else None


def _open_window(recording: Path, scratch: Path) -> None:
    """Rerun's viewer on this file, until it is closed.

    The viewer reports its use over the network unless its configuration forbids it, so it gets one of its own.
    It would listen on every network address, and fetch its welcome page: it is told to do neither.
    """
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _DISPLAYS):
        raise ViewError("there is no screen to open a window on: write a file with --save CLIP.rrd instead")
    viewer = [sys.executable, "-c", _VIEWER]
    env = {**os.environ, "XDG_CONFIG_HOME": str(scratch)}
    muted = subprocess.run([*viewer, "analytics", "disable"], env=env, capture_output=True, text=True)
    if muted.returncode:
        raise ViewError(f"Rerun's viewer does not start ({_last_line(muted.stderr)}): reinstall rerun-sdk")
    shown = subprocess.run([*viewer, *_QUIET, str(_free_port()), str(recording)], env=env)
    if shown.returncode:
        raise ViewError("Rerun's window failed: write a file with --save CLIP.rrd and open it elsewhere")


def _free_port() -> int:
    """A port of this machine that nothing uses: on the usual one another viewer would take the recording over."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
