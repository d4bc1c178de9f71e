"""What a source lists: videos, where to find them, and what is known of them beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datasets.errors import UserError


class SourceError(UserError):
    """The source cannot be used as given; the sentence names the file, the line and what to do."""


@dataclass(frozen=True, order=True)
class SourceSpan:
    """A stretch of a video to use, in seconds from its first picture, half-open."""

    start_s: float
    end_s: float
    face_x: float | None = None  # the speaker's face centre as fractions of the displayed
    face_y: float | None = None  # width and height, from the top left; both or neither


@dataclass(frozen=True)
class SourceVideo:
    """One video as its source describes it. The file may turn out to be missing or broken."""

    uri: str  # absolute path, or an object-store URI
    dataset: str | None = None
    spans: tuple[SourceSpan, ...] = ()  # by start; empty: the whole video
    speaker: str | None = None
    style: str | None = None
    licence: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)  # JSON-able, whatever else the source told
