"""Which split a video belongs to by itself: by its speaker where known, else alone.

A snapshot then keeps together what belongs together: datasets/splits/groups.py.
"""

import hashlib
from collections.abc import Sequence
from typing import Literal

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

DEFAULT_FRACTIONS = (0.9, 0.05, 0.05)  # of the keys, in the order train, val, test


def split_key(video_id: str, speaker: str | None, dataset: str | None = None) -> str:
    """What is kept together: the speaker within its data set, or the video where nobody is named."""
    return f"speaker:{dataset or ''}:{speaker}" if speaker else f"video:{video_id}"


def split_of(key: str, fractions: Sequence[float] = DEFAULT_FRACTIONS) -> Split:
    """The split of every clip with this key; the same in any process, run and order of arrival.

    `fractions` are the shares of train, val and test; they must not be negative and must add up to 1.
    """
    train, val, test = fractions
    if min(fractions) < 0 or abs(train + val + test - 1) > 1e-6:
        raise ValueError(f"fractions {tuple(fractions)} must not be negative and must add up to 1")
    position = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    if position < train:
        return "train"
    return "val" if position < train + val else "test"
