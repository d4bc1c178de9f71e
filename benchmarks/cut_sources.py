"""Pictures to splice: stretches of real media without a cut inside, and rendered rooms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

SIZE_PX = (256, 192)  # width, height of every spliced picture

# (file, first frame, frames): looked through, no cut within
_TALK = (
    ("talk/portrait_hevc_1.mp4", 0, 120),
    ("talk/portrait_hevc_2.mp4", 75, 120),
    ("talk/portrait_hevc_3.mp4", 280, 120),
    ("talk/phone_4.mp4", 0, 120),
    ("talk/phone_5.mp4", 0, 120),
    ("talk/generated_halfbody_1.mp4", 0, 120),
    ("talk/generated_halfbody_11.mp4", 0, 120),
    ("talk/generated_halfbody_3.mp4", 0, 120),
    ("talk/generated_halfbody_9.mp4", 0, 120),
    ("talk/generated_stage_1.mp4", 0, 120),
    ("talk/head_only_vfr.mp4", 0, 120),
    ("talk/head_only_vfr_short_video_long_audio.mp4", 0, 120),
    ("hands/hands_no_face.mp4", 0, 120),
    ("hands/open_palm.mp4", 0, 120),
)
# One room, one camera, several people.
_ONE_ROOM = tuple(
    (f"hands/asl_{word}.mkv", 0, 80)
    for word in ("again", "book", "eat", "help", "learn", "no", "please", "sorry", "thanks", "yes")
)


@dataclass(frozen=True)
class Source:
    """Frames of one shot."""

    name: str
    frames: Sequence[np.ndarray]  # each (192, 256, 3) uint8 BGR


def talk_sources(media: Path) -> list[Source]:
    """People talking and hands, each in another place; letterboxed."""
    return [_read(media, *stretch) for stretch in _TALK]


def one_room_sources(media: Path) -> list[Source]:
    """Several people in front of one wall, the camera nearly unmoved."""
    return [_read(media, *stretch) for stretch in _ONE_ROOM]


def rendered_sources(rng: np.random.Generator, count: int, n_frames: int = 110) -> list[Source]:
    """Textured walls with a swaying figure that waves, and a little camera noise."""
    return [Source(f"rendered_{i}", list(_render(rng, n_frames))) for i in range(count)]


def _read(media: Path, file: str, first_frame: int, n_frames: int) -> Source:
    frames = []
    with av.open(str(media / file)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index >= first_frame + n_frames:
                break
            if index >= first_frame:
                frames.append(_letterboxed(frame))
    return Source(file, frames)


def _letterboxed(frame: av.VideoFrame) -> np.ndarray:
    width, height = SIZE_PX
    scale = min(width / frame.width, height / frame.height)
    inner_px = (round(frame.width * scale), round(frame.height * scale))
    inner = frame.reformat(*inner_px, format="bgr24", interpolation="AREA").to_ndarray()
    left, top = (width - inner_px[0]) // 2, (height - inner_px[1]) // 2
    picture = np.zeros((height, width, 3), np.uint8)
    picture[top : top + inner_px[1], left : left + inner_px[0]] = inner
    return picture


def _render(rng: np.random.Generator, n_frames: int) -> Iterator[np.ndarray]:
    width, height = SIZE_PX
    wall = cv2.resize(
        rng.uniform(20, 235, (6, 8, 3)).astype(np.float32), SIZE_PX, interpolation=cv2.INTER_CUBIC
    )
    wall = wall + cv2.resize(rng.normal(0, 12, (48, 64, 3)).astype(np.float32), SIZE_PX)
    skin, coat = rng.uniform(60, 220, 3), rng.uniform(10, 200, 3)
    centre_px, rate, phase = rng.uniform(0.35, 0.65) * width, rng.uniform(0.1, 0.3), rng.uniform(0, 6)
    for i in range(n_frames):
        picture, sway = wall.copy(), centre_px + 6 * np.sin(0.08 * i + phase)
        cv2.ellipse(picture, (int(sway), height), (60, 95), 0, 0, 360, coat.tolist(), -1)
        cv2.circle(picture, (int(sway), height // 3), 26, skin.tolist(), -1)
        for side in (-1, 1):
            hand = (
                int(sway + side * (45 + 20 * np.sin(rate * i))),
                int(120 + 35 * np.sin(rate * i + side + phase)),
            )
            cv2.circle(picture, hand, 14, skin.tolist(), -1)
        noise = rng.normal(0, 2, (height // 2, width // 2, 3)).repeat(2, 0).repeat(2, 1)
        yield np.clip(picture + noise, 0, 255).astype(np.uint8)
