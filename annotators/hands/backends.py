"""The backends that can be chosen by name, opened."""

from typing import Literal

from annotators.hands.backend import HandBackend
from annotators.hands.detect import HandDetector
from annotators.hands.external import BackendError, ExternalBackend, ExternalSettings, configured_backends
from annotators.hands.external.settings import backends_file

BackendKind = Literal["mediapipe", "wilor", "hamer"]
MAX_HANDS = 2  # of MediaPipe: with more the palm detector runs in every frame, for half the cost again


def open_backend(kind: BackendKind, *, min_detection: float = 0.5, min_tracking: float = 0.5) -> HandBackend:
    """A loaded backend; the two thresholds are MediaPipe's (`HandDetector`).

    Raises BackendError where WiLoR or HaMeR is not configured on this machine, or does not start.
    """
    if kind == "mediapipe":
        return HandDetector(max_hands=MAX_HANDS, min_detection=min_detection, min_tracking=min_tracking)
    return ExternalBackend.start(settings_of(kind))


def check_backend(kind: BackendKind) -> None:
    """Raise BackendError where a backend is not configured or a file of it is missing; nothing is loaded."""
    if kind != "mediapipe":
        settings_of(kind).check()


def most_s(kind: BackendKind, n_frames: int) -> float:
    """How long a backend in another environment may take to load and to look at so many frames; 0 for MediaPipe."""
    if kind == "mediapipe":
        return 0.0
    settings = settings_of(kind)
    return settings.start_deadline_s + n_frames * settings.deadline_s_per_frame


def settings_of(kind: BackendKind) -> ExternalSettings:
    """How a backend other than MediaPipe is set up; raises BackendError where it is not."""
    configured = configured_backends()
    if kind not in configured:
        raise BackendError(
            f"the hand backend {kind} is not configured in {backends_file()}: see docs/hands.md"
        )
    return configured[kind]
