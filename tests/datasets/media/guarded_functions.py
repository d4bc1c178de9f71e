"""Functions that tests have a guarded child call."""

import ctypes
import logging
import os
import time
import warnings
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from datasets.frame import CropBox
from datasets.media.audio import read_audio, speech_track
from datasets.media.decode import VideoReader
from datasets.media.encode import count_frames, encode_h264
from datasets.media.errors import MediaError
from datasets.media.memory_cap import outside_the_cap
from datasets.media.resample import ClipSpan, read_spans
from datasets.reasons import Reason


def echo(request: dict[str, Any]) -> dict[str, Any]:
    return request


def pid(_: dict[str, Any]) -> dict[str, Any]:
    return {"pid": os.getpid(), "session": os.getsid(0)}


def table(request: dict[str, Any]) -> tuple[dict[str, Any], pa.Table]:
    return {"rows": request["rows"]}, pa.table({"row": list(range(request["rows"]))})


def sleep(request: dict[str, Any]) -> dict[str, Any]:
    time.sleep(request["seconds"])
    return {}


def allocate(request: dict[str, Any]) -> dict[str, Any]:
    return {"sum": int(np.ones(request["bytes"], np.uint8).sum())}


def import_mediapipe(_: dict[str, Any]) -> dict[str, Any]:
    import mediapipe

    with mediapipe.solutions.hands.Hands() as hands:
        hands.process(np.zeros((64, 64, 3), np.uint8))
    return {}


def leave(request: dict[str, Any]) -> dict[str, Any]:
    os._exit(request["code"])


def crash(_: dict[str, Any]) -> dict[str, Any]:
    ctypes.string_at(0)
    return {}


def print_and_crash(request: dict[str, Any]) -> dict[str, Any]:
    print(request["text"], flush=True)
    os.abort()


def bad_media(_: dict[str, Any]) -> dict[str, Any]:
    raise MediaError(Reason.NO_VIDEO, "x.mp4: no video track")


def log(request: dict[str, Any]) -> dict[str, Any]:
    """Logs `lines` lines of ours, one of another library and a warning; then fails if `fails`."""
    for number in range(request["lines"]):
        logging.getLogger("datasets.media").info("line %d", number)
    logging.getLogger("other").warning("slow disk")
    warnings.warn("old file", RuntimeWarning, stacklevel=1)
    if request.get("fails"):
        raise MediaError(Reason.NO_VIDEO, "x.mp4: no video track")
    return {}


def mistake(_: dict[str, Any]) -> dict[str, Any]:
    raise ValueError("seven is not even")


def not_json(_: dict[str, Any]) -> dict[str, Any]:
    return {"value": object()}


def look_through(request: dict[str, Any]) -> dict[str, Any]:
    """Decodes a whole video as a survey does, then cuts a clip of at most 50 frames of it with its sound."""
    path = Path(request["path"])
    with VideoReader(path, loop_filter=False) as reader:
        facts, sizes, times = reader.facts, set(), []
        for frame in reader.frames():
            sizes.add(frame.small_bgr(256).shape)
            times.append(frame.time_s)
    end_s = times[-1] + 0.04
    span = ClipSpan(0.0, end_s, min(50, int(end_s * 25)), CropBox(0, 0, facts.width_px, facts.height_px))
    (clip,) = read_spans(path, [span])
    if isinstance(clip, MediaError):
        raise clip
    sound = read_audio(path, 0.0, len(clip) / 25, first_picture_s=facts.first_picture_s)
    return {
        "size": [facts.width_px, facts.height_px],
        "rotation_deg": facts.rotation_deg,
        "frames": len(times),
        "ascending": all(later > earlier for earlier, later in pairwise(times)),
        "small_sizes": len(sizes),
        "clip_frames": count_frames(encode_h264(clip)),
        "clip_frames_wanted": span.n_frames,
        "sound": None if sound is None else speech_track(sound),
    }


_kept: list[np.ndarray] = []


def keep_outside_the_cap(request: dict[str, Any]) -> dict[str, Any]:
    """What is taken outside stays, as a model does; a block that fails must not leave the process without a limit."""
    with outside_the_cap():
        _kept.append(np.ones(request["bytes"], np.uint8))
    with suppress(ValueError), outside_the_cap():
        raise ValueError
    return {"sum": int(_kept[-1].sum())}
