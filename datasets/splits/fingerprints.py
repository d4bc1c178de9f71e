"""How a clip's fingerprint is packed: eight signs a frame, eight frames a hash.

The signs tell how the picture moves just then; what each of them means is the business of
`annotators/fingerprint.py`. A hash of 0 stands for a stretch that tells nothing.
"""

from typing import Final

import numpy as np

SIGNS_A_FRAME: Final = 8
FRAMES_A_HASH: Final = 8


def packed(signs: np.ndarray, telling: np.ndarray) -> np.ndarray:
    """(N,) uint64 hashes of (8 N, 8) bool signs; 0 where fewer than half of the frames are `telling` (8 N,) bool."""
    frames = np.packbits(signs, axis=1, bitorder="little").reshape(-1, FRAMES_A_HASH)
    hashes = frames.copy().view("<u8")[:, 0].astype(np.uint64)
    enough = telling.reshape(-1, FRAMES_A_HASH).sum(axis=1) >= FRAMES_A_HASH / 2
    return np.where(enough, hashes, np.uint64(0))


def unpacked(hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(8 N,) uint8, the signs of each frame as bits, and (8 N,) bool, whether it tells anything."""
    words = np.ascontiguousarray(hashes, "<u8")
    return words.view(np.uint8), np.repeat(words != 0, FRAMES_A_HASH)
