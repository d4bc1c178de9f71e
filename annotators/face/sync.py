"""SyncNet on a clip's face and sound. Imports torch."""

import numpy as np

from annotators.settings import Device
from annotators.torch_device import one_thread, torch_device
from datasets.frame import AUDIO_RATE_HZ, CLIP_RATE_HZ
from datasets.models import FoundModel
from datasets.syncnet.crops import face_crops
from datasets.syncnet.network import WINDOW_FRAMES, embeddings, load_syncnet
from datasets.syncnet.offsets import LipSync, lag_distances, lip_sync

_LEAST_WINDOWS = 25  # with a face in each frame


class LipSyncer:
    """Loaded SyncNet; about 75 CPU-ms a frame on one core.

    Raises UserError for a file that is no SyncNet and for a GPU that is not there.
    """

    def __init__(self, found: FoundModel, device: Device) -> None:
        self._device = torch_device(device)
        self._network = load_syncnet(found.path).to(self._device)

    def of(self, frames: np.ndarray, boxes_px: np.ndarray, audio: np.ndarray) -> LipSync | None:
        """How lips and sound fit; None where fewer than 25 windows of five frames show a face throughout.

        frames: (T, H, W, 3) uint8 RGB; boxes_px: (T, 4) left, top, right, bottom, NaN without a face; audio: (S,) at
        16 kHz.
        """
        frames, boxes_px = frames[: len(audio) * CLIP_RATE_HZ // AUDIO_RATE_HZ], boxes_px[: len(frames)]
        seen = _seen_throughout(np.isfinite(boxes_px[: len(frames)]).all(axis=1))
        if seen.sum() < _LEAST_WINDOWS:
            return None
        with one_thread(self._device):
            lips, sound = embeddings(self._network, face_crops(frames, boxes_px[: len(frames)]), audio)
        return lip_sync(lag_distances(lips, sound, seen))


def _seen_throughout(seen: np.ndarray) -> np.ndarray:
    """(T - 5,) bool: the windows whose five frames all have a face."""
    count = max(len(seen) - WINDOW_FRAMES, 0)
    return np.array([seen[start : start + WINDOW_FRAMES].all() for start in range(count)], bool)
