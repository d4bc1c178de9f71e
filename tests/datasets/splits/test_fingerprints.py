"""Signs go into hashes and come out again."""

import numpy as np

from datasets.splits.fingerprints import packed, unpacked


def test_signs_come_out_as_the_bits_of_a_frame():
    signs = np.zeros((16, 8), bool)
    signs[0, 0] = signs[9, 7] = True  # the first frame of the first hash, the second of the second
    hashes = packed(signs, np.ones(16, bool))
    assert hashes.tolist() == [1, 0x80 << 8]
    frames, telling = unpacked(hashes)
    assert frames.tolist() == [1, *[0] * 8, 128, *[0] * 6]
    assert telling.all()


def test_a_hash_of_mostly_quiet_frames_tells_nothing():
    telling = np.array([True] * 4 + [False] * 4 + [True] * 3 + [False] * 5)
    hashes = packed(np.ones((16, 8), bool), telling)
    assert hashes.tolist() == [2**64 - 1, 0]
    assert unpacked(hashes)[1].tolist() == [True] * 8 + [False] * 8


def test_no_frames_are_no_hashes():
    assert packed(np.empty((0, 8), bool), np.empty(0, bool)).tolist() == []
    assert [part.tolist() for part in unpacked(np.empty(0, np.uint64))] == [[], []]
