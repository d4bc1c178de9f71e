"""The reasons a row can carry; apart from the schema, which loads Lance and takes seconds to import."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a video was quarantined, or why a clip is not kept."""

    # Quarantine: nothing could be made of it.
    MISSING = "missing"  # no such file or object
    CHANGED = "changed"  # the file was replaced while it was being read
    UNREADABLE = "unreadable"  # no container or codec could be opened
    NO_VIDEO = "no_video"  # the container has no video track
    NO_FRAMES = "no_frames"  # the track decodes to nothing
    UNSUPPORTED = "unsupported"  # a container or codec outside the allowed list
    TIMEOUT = "timeout"  # ran past its deadline
    OUT_OF_MEMORY = "out_of_memory"  # ran past its memory cap
    CRASHED = "crashed"  # the decoder took its process down
    DECODE_ERROR = "decode_error"  # frames stopped part way
    ENCODE_ERROR = "encode_error"  # the written clip has another frame count
    # Filter: measured, and outside the configured thresholds.
    TOO_SHORT = "too_short"
    NO_PERSON = "no_person"
    TOO_MANY_PEOPLE = "too_many_people"
    FACE_TOO_SMALL = "face_too_small"
    HANDS_HIDDEN = "hands_hidden"
    BLURRED = "blurred"
    LOW_RESOLUTION = "low_resolution"
    NO_SPEECH_TRACK = "no_speech_track"
    NOT_SPEAKING = "not_speaking"  # somebody is heard, and it is not the person in the picture


QUARANTINE_REASONS = frozenset(
    {
        Reason.MISSING,
        Reason.CHANGED,
        Reason.UNREADABLE,
        Reason.NO_VIDEO,
        Reason.NO_FRAMES,
        Reason.UNSUPPORTED,
        Reason.TIMEOUT,
        Reason.OUT_OF_MEMORY,
        Reason.CRASHED,
        Reason.DECODE_ERROR,
        Reason.ENCODE_ERROR,
    }
)
FILTER_REASONS = frozenset(set(Reason) - QUARANTINE_REASONS)
