"""The clip's picture format, fixed by the paper (section 4.1): 704 x 512 at 25 frames a second."""

from dataclasses import dataclass

CLIP_HEIGHT_PX = 704
CLIP_WIDTH_PX = 512
CLIP_RATE_HZ = 25
MAX_CLIP_FRAMES = 300  # 12 s; the paper pads hand sequences to 300 frames
MIN_CLIP_FRAMES = 50  # 2 s
AUDIO_RATE_HZ = 16_000


@dataclass(frozen=True)
class CropBox:
    """A rectangle of the source in display pixels: after rotation, with square pixels, origin top left."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int
