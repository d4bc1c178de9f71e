"""The fingerprint slot: how the picture moves from moment to moment, in bits that survive another encoding or crop.

What a picture looks like is shared by many recordings (one person, one room, one studio) and changes with every
crop. How it moves is neither: where more moves than a moment ago, and where less, is the same in any copy, and
nobody moves twice alike. So each frame is told by eight signs, of eight ways in which the motion is spread over
the picture (more of it, more to the left, more in the middle, ...), each against its own mean of about half a second.
The windows they are taken in lie about the place where the clip moves, and are as wide as it: a crop that cuts
away a quarter moves them along. `datasets.splits.near_duplicates` compares the signs and says how they are packed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import cv2
import numpy as np
import pyarrow as pa
from scipy.ndimage import gaussian_filter1d

from annotators.annotator import Clip, Needs, Resources
from datasets.schema import SLOTS
from datasets.splits.fingerprints import FRAMES_A_HASH, packed

_GRID = (44, 32)  # cells of 16 clip pixels, rows and columns
# Ways in which motion may be spread over rows and over columns: all of it, one side against the other, middle
# against both. Each is met by windows at -1, 0 and 1.
_SPREADS = np.array([[1 / 3, 1 / 3, 1 / 3], [-1 / 2, 0, 1 / 2], [1 / 4, -1 / 2, 1 / 4]])
# Of rows and columns, the steadiest in copies first. The ninth, (2, 2), is the least steady and left out.
_SIGNALS: Final = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (1, 2), (2, 1))


@dataclass(frozen=True)
class FingerprintParams:
    """What the hashes depend on besides the version; `python -m benchmarks duplicates` measures their worth."""

    noise_levels: float = 1.0  # grey levels a cell may change by before it counts as moving
    quiet_levels: float = 50.0  # summed over the cells; a frame that moves less tells nothing
    apart: float = 1.2  # of neighbouring windows, in standard deviations of where the clip moves
    width: float = 0.8  # of a window, likewise
    short_frames: float = 1.4  # a sign is of the mean over about so many frames ...
    long_frames: float = 6.0  # ... against the mean over so many: sigmas of Gaussians


class FingerprintAnnotator:
    """Fills `fingerprint_frames`: one hash for 8 frames, 0 where too little moves to tell anything.

    A clip of fewer than 8 frames has none. About 0.3 CPU-ms a frame.
    """

    name = "fingerprint"
    version = "1"
    schema = SLOTS["fingerprint"]
    resources = Resources(cpus=1.0)
    environment: str | None = None
    reads: tuple[str, ...] = ()
    needs: Needs = "pictures"

    def __init__(self, params: FingerprintParams | None = None) -> None:
        self._params = params or FingerprintParams()

    @property
    def params(self) -> dict[str, Any]:
        return asdict(self._params)

    def annotate(self, clips: Sequence[Clip]) -> pa.RecordBatch:
        """One row a clip, in order."""
        hashes = [self._hashes(clip.frames) for clip in clips]
        return pa.RecordBatch.from_arrays(
            [pa.array(hashes, column.type) for column in self.schema], schema=self.schema
        )

    def _hashes(self, frames: np.ndarray) -> np.ndarray:
        """(N,) uint64 of (T, H, W, 3) uint8 frames, N = T // 8."""
        whole = frames[: len(frames) // FRAMES_A_HASH * FRAMES_A_HASH]
        if not len(whole):
            return np.empty(0, np.uint64)
        motion = np.maximum(_change(_cells(whole)) - self._params.noise_levels, 0.0)
        moving = motion.sum(axis=(1, 2)) >= self._params.quiet_levels
        return packed(_signs(motion, self._params), moving)


def _cells(frames: np.ndarray) -> np.ndarray:
    """(T, 44, 32) float32 mean grey level of each cell, of every second row of pixels."""
    rows, columns = _GRID
    small = [cv2.resize(frame[::2], (columns, rows), interpolation=cv2.INTER_AREA) for frame in frames]
    red, green, blue = np.moveaxis(np.asarray(small, np.float32), -1, 0)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _change(cells: np.ndarray) -> np.ndarray:
    """(T, 44, 32) grey levels from two frames before to two after each one; the ends repeat their neighbours."""
    change = np.abs(cells[4:] - cells[:-4])
    return np.concatenate([change[:1], change[:1], change, change[-1:], change[-1:]])


def _signs(motion: np.ndarray, params: FingerprintParams) -> np.ndarray:
    """(T, 8) bool: where each of the signals lies above its own slow mean."""
    rows, columns = (_windows(motion, axis, params) for axis in (1, 2))
    seen = np.log1p(_met(motion, rows, columns))
    spread = _met(seen, _SPREADS, _SPREADS)
    signals = np.stack([spread[:, a, b] for a, b in _SIGNALS], axis=1)
    quick, slow = (
        gaussian_filter1d(signals, sigma, axis=0, mode="nearest")
        for sigma in (params.short_frames, params.long_frames)
    )
    return quick > slow


def _met(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(T, A, B) of (T, Y, X): rows met by (A, Y) weights, columns by (B, X).

    Without BLAS, whose sums depend on the machine and its threads: a sign near its mean would flip.
    """
    return np.einsum("tay,by->tab", np.einsum("tyx,ay->tax", values, rows), columns)


def _windows(motion: np.ndarray, axis: int, params: FingerprintParams) -> np.ndarray:
    """(3, cells) weights along rows or columns: Gaussians before, at and after the place where the clip moves."""
    other = 3 - axis
    share = motion.sum(axis=(0, other)) + 1e-6
    share = share / share.sum()
    cells = np.arange(len(share))
    middle = share @ cells
    deviation = np.sqrt(share @ (cells - middle) ** 2) + 0.5
    centres = middle + params.apart * deviation * np.array([-1, 0, 1])
    return np.exp(-0.5 * ((cells - centres[:, None]) / (params.width * deviation)) ** 2)
