"""Pictures as a real video codec leaves them."""

import io
from fractions import Fraction

import av
import cv2
import numpy as np

from datasets.frame import CLIP_RATE_HZ
from datasets.media.picture import i420_to_rgb

_BT601 = 6  # what OpenCV's conversion to YUV uses, in ffmpeg's numbering
_LIMITED_RANGE = 1


def through_h264(frames: np.ndarray, crf: int) -> np.ndarray:
    """(T, H, W, 3) uint8 RGB frames after H.264 (x264, veryfast) at this quality; T >= 1, even H and W."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=CLIP_RATE_HZ)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        stream.options = {"preset": "veryfast", "crf": str(crf), "threads": "1"}
        stream.codec_context.color_range, stream.codec_context.colorspace = _LIMITED_RANGE, _BT601
        for number, picture in enumerate(frames):
            planes = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2YUV_I420)
            frame = av.VideoFrame.from_ndarray(planes.astype(np.uint8, copy=False), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, CLIP_RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as source:
        source.streams.video[0].codec_context.thread_count = 1
        return i420_to_rgb(np.stack([frame.to_ndarray() for frame in source.decode(video=0)]))
