"""The least that the same clips could cost: decode, MediaPipe Hands and Pose, encode; `bare SHARE.json`.

One process, one thread of its own, no guard, no tables, no sound, nothing kept of the landmarks. The share is
what `Share` holds; the video must have 25 frames a second, so that its frames are the clips' frames.
"""

import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from annotators.hands.annotator import HandsParams
from annotators.hands.backends import MAX_HANDS
from datasets.frame import CLIP_HEIGHT_PX, CLIP_RATE_HZ, CLIP_WIDTH_PX, CropBox
from datasets.media.encode import CRF, GOP_FRAMES, PRESET


@dataclass(frozen=True)
class Span:
    """The frames of one clip: counted in the video, and where they are cropped."""

    start_frame: int
    n_frames: int
    crop: CropBox


@dataclass(frozen=True)
class Share:
    """Clips of one video, in order of time."""

    video: str
    spans: tuple[Span, ...]

    @classmethod
    def of_json(cls, text: str) -> "Share":
        share = json.loads(text)
        spans = [Span(**span | {"crop": CropBox(**span["crop"])}) for span in share["spans"]]
        return cls(share["video"], tuple(spans))


class Stopwatch:
    """CPU seconds of this process by what it was doing."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        began_s = time.process_time()
        yield
        self.seconds[stage] += time.process_time() - began_s

    def each(self, stage: str, items: Iterator[Any]) -> Iterator[Any]:
        """The items; making each of them counts to the stage."""
        while True:
            with self.on(stage):
                item = next(items, None)
            if item is None:
                return
            yield item


def run(share: Share) -> dict[str, Any]:
    """How many frames were worked on, and the CPU seconds of each stage."""
    cv2.setNumThreads(1)
    watch, n_frames = Stopwatch(), 0
    with watch.on("load"):
        hands, pose = _models()
    with tempfile.TemporaryDirectory() as folder, av.open(f"{folder}/clips.mp4", "w") as target:
        stream = _encoder(target)
        for i420 in watch.each("decode", pictures(share)):
            with watch.on("crop"):
                rgb = cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420)
                rgb.flags.writeable = False  # MediaPipe then takes it without a copy
            with watch.on("hands"):
                hands.process(rgb)
            with watch.on("body"):
                pose.process(rgb)
            with watch.on("encode"):
                frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
                frame.pts = n_frames
                target.mux(stream.encode(frame))
            n_frames += 1
        with watch.on("encode"):
            target.mux(stream.encode())
    return {"frames": n_frames, "seconds": dict(watch.seconds)}


def _models() -> tuple[Any, Any]:
    from mediapipe.python.solutions.hands import Hands
    from mediapipe.python.solutions.pose import Pose

    ours = HandsParams()
    hands = Hands(
        max_num_hands=MAX_HANDS,
        min_detection_confidence=ours.min_detection,
        min_tracking_confidence=ours.min_tracking,
    )
    return hands, Pose(model_complexity=1, smooth_landmarks=False)  # as `annotators.pose` has it


def _encoder(target: Any) -> Any:
    stream = target.add_stream("libx264", rate=CLIP_RATE_HZ)
    stream.width, stream.height, stream.pix_fmt = CLIP_WIDTH_PX, CLIP_HEIGHT_PX, "yuv420p"
    stream.codec_context.thread_count = 1
    closed = f"keyint={GOP_FRAMES}:min-keyint={GOP_FRAMES}:scenecut=0:open-gop=0"
    stream.codec_context.options = {"preset": PRESET, "crf": str(CRF), "x264-params": closed}
    return stream


def pictures(share: Share) -> Iterator[np.ndarray]:
    """(1056, 512) I420 of each frame of the spans."""
    crops = {span.start_frame + i: span.crop for span in share.spans for i in range(span.n_frames)}
    with av.open(share.video) as source:
        stream: Any = source.streams.video[0]
        if stream.average_rate != CLIP_RATE_HZ:
            raise ValueError(f"{share.video} has {stream.average_rate} frames a second, not {CLIP_RATE_HZ}")
        stream.codec_context.thread_count = 1
        source.seek(round(min(crops) / CLIP_RATE_HZ / stream.time_base), stream=stream)
        for frame in source.decode(stream):
            index = round(frame.time * CLIP_RATE_HZ)
            if index in crops:
                yield _cropped(frame, crops[index])
            if index >= max(crops):
                return


def _cropped(frame: Any, crop: CropBox) -> np.ndarray:
    """The part of the crop that lies in the picture, resized a plane at a time."""
    planes = []
    for plane, step in zip(frame.planes, (1, 2, 2), strict=True):
        pixels = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        top, left = max(crop.y_px, 0) // step, max(crop.x_px, 0) // step
        bottom, right = (crop.y_px + crop.height_px) // step, (crop.x_px + crop.width_px) // step
        size = (CLIP_WIDTH_PX // step, CLIP_HEIGHT_PX // step)
        planes.append(cv2.resize(pixels[top:bottom, left:right], size).reshape(-1))
    return np.concatenate(planes).reshape(CLIP_HEIGHT_PX * 3 // 2, CLIP_WIDTH_PX)


if __name__ == "__main__":
    print(json.dumps(run(Share.of_json(Path(sys.argv[1]).read_text()))))
