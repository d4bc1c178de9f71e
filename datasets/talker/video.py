"""Writes a talker: picture, voice and truth."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from datasets.errors import UserError
from datasets.talker.pictures import draw
from datasets.talker.scene import Scene, make_scene, truth_of
from datasets.talker.script import MIN_SHOT_S
from datasets.talker.speech import SAMPLE_RATE_HZ, speak
from datasets.talker.truth import TalkerTruth, save_truth

_AUDIO_FRAME = 1024  # samples of an AAC frame
_BT601 = 6  # what OpenCV's conversion to YUV uses, in ffmpeg's numbering
_LIMITED_RANGE = 1


def write_talker(
    out: Path,
    *,
    seconds: float = 20,
    shots: int = 3,
    seed: int = 0,
    truth: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    width_px: int = 1280,
    height_px: int = 720,
    rate_hz: int = 25,
) -> TalkerTruth:
    """Render an MP4 (H.264, AAC) of a half-body person who talks with both hands; returns its ground truth.

    The second change of shot, and every third after it, is a fade through black; the others are hard cuts.
    The same arguments give the same frames and the same bytes of truth. `progress` is told (done, of) frames.
    Nothing is left behind on failure. Raises UserError for impossible arguments or an unwritable path.
    """
    _check(seconds, shots, seed, width_px, height_px, rate_hz)
    for path in (out, truth):
        _check_writable(path)
    if truth is not None and truth.resolve() == out.resolve():
        raise UserError(f"{out} is named for both the video and its truth: give two names.")
    scene = make_scene(
        seconds=seconds, shots=shots, seed=seed, width_px=width_px, height_px=height_px, rate_hz=rate_hz
    )
    facts = truth_of(scene, width_px, height_px)
    with ExitStack() as undo:
        partial = out.with_name(f".{out.name}.partial")
        undo.callback(partial.unlink, missing_ok=True)
        _encode(partial, scene, width_px, height_px, rate_hz, progress or (lambda done, of: None))
        if truth is not None:
            save_truth(facts, truth)
        partial.replace(out)
    return facts


def _encode(
    path: Path,
    scene: Scene,
    width_px: int,
    height_px: int,
    rate_hz: int,
    progress: Callable[[int, int], None],
) -> None:
    """Picture and sound side by side, a frame at a time."""
    n_frames = scene.script.n_frames
    sound = _audio_frames(speak(scene.script.syllables, n_frames / rate_hz))
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=rate_hz)
        video.width, video.height, video.pix_fmt = width_px, height_px, "yuv420p"
        video.options = {"preset": "superfast", "crf": "20", "threads": "1"}
        video.codec_context.color_range, video.codec_context.colorspace = _LIMITED_RANGE, _BT601
        audio = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        said_until = 0.0
        for number, picture in enumerate(draw(scene, width_px, height_px)):
            planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420).astype(np.uint8, copy=False)
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate_hz)
            container.mux(video.encode(frame))
            while said_until <= number / rate_hz and (samples := next(sound, None)) is not None:
                container.mux(audio.encode(samples))
                said_until += samples.samples / SAMPLE_RATE_HZ
            progress(number + 1, n_frames)
        for samples in sound:
            container.mux(audio.encode(samples))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _audio_frames(blocks: Iterator[np.ndarray]) -> Iterator[av.AudioFrame]:
    """AAC-sized frames; the last one may be shorter."""
    waiting, position = np.zeros(0, np.float32), 0
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= _AUDIO_FRAME:
            yield _audio_frame(waiting[:_AUDIO_FRAME], position)
            waiting, position = waiting[_AUDIO_FRAME:], position + _AUDIO_FRAME
    if len(waiting):
        yield _audio_frame(waiting, position)


def _audio_frame(samples: np.ndarray, position: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, position, Fraction(1, SAMPLE_RATE_HZ)
    return frame


def _check(seconds: float, shots: int, seed: int, width_px: int, height_px: int, rate_hz: int) -> None:
    if shots < 1:
        raise UserError(f"shots is {shots}: a talker has at least one.")
    if not MIN_SHOT_S * shots <= seconds < float("inf"):
        raise UserError(
            f"seconds is {seconds:g} for {shots} shots: each needs {MIN_SHOT_S:g} s, so give at least "
            f"{MIN_SHOT_S * shots:g} seconds or fewer shots."
        )
    if seed < 0:
        raise UserError(f"seed is {seed}: give a whole number from 0.")
    if width_px % 2 or height_px % 2 or min(width_px, height_px) < 64:
        raise UserError(f"the picture is {width_px} x {height_px} px: both must be even and at least 64.")
    if not 10 <= rate_hz <= 120:
        raise UserError(f"rate_hz is {rate_hz}: give 10 to 120 frames a second.")


def _check_writable(path: Path | None) -> None:
    """Fail before minutes of rendering, not after."""
    if path is None:
        return
    if path.is_dir():
        raise UserError(f"{path} is a folder: give the name of a file to write.")
    if not path.parent.is_dir():
        raise UserError(f"the folder {path.parent} does not exist: make it, or write {path.name} elsewhere.")
    existed = path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}): choose another place.") from error
    if not existed:
        path.unlink()
