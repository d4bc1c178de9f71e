"""A hand backend whose network runs in another Python environment."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from annotators.hands.backend import Detection
from annotators.hands.external.predictions import check_rows, crop_detections
from annotators.hands.external.settings import ExternalSettings
from annotators.hands.external.worker import WORKERS, BackendError, Worker

_FRAMES_A_MESSAGE = 16  # 17 MB of 704x512


class ExternalBackend:
    """Hands with MANO parameters from a worker; satisfies `HandBackend`. A context manager."""

    def __init__(self, name: str, worker: Worker, *, deadline_s_per_frame: float) -> None:
        self.name = name
        self._worker, self._deadline_s_per_frame = worker, deadline_s_per_frame

    @classmethod
    def start(cls, settings: ExternalSettings) -> Self:
        """The configured backend, its model loaded; raises BackendError with the remedy where that fails."""
        settings.check()
        name = settings.name
        script = WORKERS / f"{settings.kind}_worker.py"
        told = {name: str(path.absolute()) for name, path in settings.files.items()}
        worker = Worker(
            settings.kind,
            [told["python"], str(script)],
            {**told, "device": settings.device},
            deadline_s=settings.start_deadline_s,
        )
        return cls(name, worker, deadline_s_per_frame=settings.deadline_s_per_frame)

    def detect(self, frames: np.ndarray) -> Sequence[Sequence[Detection]]:
        """The hands of each frame of one clip (T, H, W, 3) uint8 RGB; raises BackendError where the worker fails."""
        height_px, width_px = frames.shape[1:3]
        found: list[list[Detection]] = []
        for start in range(0, len(frames), _FRAMES_A_MESSAGE):
            chunk = frames[start : start + _FRAMES_A_MESSAGE]
            rows = self._worker.detect(chunk, deadline_s=self._deadline_s_per_frame * len(chunk))
            try:
                check_rows(rows, len(chunk))
            except ValueError as error:
                raise BackendError(f"{self.name} gave an answer that is not hands ({error})") from error
            found += crop_detections(rows, len(chunk), (width_px, height_px))
        return found

    def close(self) -> None:
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
