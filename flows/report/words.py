"""What the reasons and scores mean, in words for the engineer who reads the page."""

from dataclasses import dataclass

from datasets.reasons import Reason


@dataclass(frozen=True)
class ReasonWords:
    """A reason as a short label, what was found, and what to do about it."""

    label: str
    meaning: str
    remedy: str


REASONS: dict[str, ReasonWords] = {
    Reason.MISSING: ReasonWords(
        "file missing",
        "The source names a file or object that is not there.",
        "Fix the path or fetch the file.",
    ),
    Reason.CHANGED: ReasonWords(
        "file changed",
        "The file was replaced while it was read.",
        "Ingest it again once it is whole.",
    ),
    Reason.UNREADABLE: ReasonWords(
        "unreadable",
        "No container or codec could be opened.",
        "Fetch the file again; it may be cut off or no video.",
    ),
    Reason.NO_VIDEO: ReasonWords(
        "no video track", "The file holds sound or data only.", "Drop it from the source."
    ),
    Reason.NO_FRAMES: ReasonWords(
        "no frames",
        "The video track decodes to nothing.",
        "Fetch the file again; the download may be incomplete.",
    ),
    Reason.UNSUPPORTED: ReasonWords(
        "unsupported",
        "The container or codec is not on the allowed list.",
        "Convert to MP4, MKV or WebM first.",
    ),
    Reason.TIMEOUT: ReasonWords(
        "timed out", "Reading ran past its deadline.", "Raise the deadline, or check the file for damage."
    ),
    Reason.OUT_OF_MEMORY: ReasonWords(
        "out of memory", "Reading ran past its memory cap.", "Raise the cap, or scale the video down first."
    ),
    Reason.CRASHED: ReasonWords(
        "decoder crashed",
        "The decoder took its process down; other files were not harmed.",
        "Re-encode the file.",
    ),
    Reason.DECODE_ERROR: ReasonWords(
        "decode error", "Frames stopped part way.", "Fetch the file again or re-encode it."
    ),
    Reason.ENCODE_ERROR: ReasonWords(
        "encode error",
        "The written clip has another frame count than its span.",
        "Report it: this is our mistake.",
    ),
    Reason.TOO_SHORT: ReasonWords(
        "too short",
        "The shot lasts under 2 s (50 frames at 25 Hz).",
        "Nothing to do: fast editing gives such shots.",
    ),
    Reason.NO_PERSON: ReasonWords(
        "no person", "No face was found in the sampled frames.", "Expected of title cards and cutaways."
    ),
    Reason.TOO_MANY_PEOPLE: ReasonWords(
        "too many people",
        "More faces than the limit, so the speaker is a guess.",
        "Give the speaker's face point in a manifest, or raise the limit.",
    ),
    Reason.FACE_TOO_SMALL: ReasonWords(
        "face too small",
        "The speaker's face is lower than the limit in the clip.",
        "Lower the limit for wide shots.",
    ),
    Reason.HANDS_HIDDEN: ReasonWords(
        "hands hidden", "Wrists are out of the crop in too many frames.", "Expected of head-only shots."
    ),
    Reason.BLURRED: ReasonWords(
        "blurred",
        "Sharpness of the crop is under the limit.",
        "Find a better encode of the source, or lower the limit.",
    ),
    Reason.LOW_RESOLUTION: ReasonWords(
        "low resolution",
        "The crop had to be enlarged beyond the limit.",
        "Find a larger encode, or raise the limit.",
    ),
    Reason.NO_SPEECH_TRACK: ReasonWords(
        "no speech track",
        "There is no sound, or it is silent for too long.",
        "Check the source's audio track.",
    ),
    Reason.NOT_SPEAKING: ReasonWords(
        "somebody else speaks",
        "A voice is heard, and the mouth in the picture does not move with it.",
        "Expected of voice-over and of listeners; lower min_speaker_score if the sound is late.",
    ),
}


def words_for(reason: str | None) -> ReasonWords:
    """The words of a reason; one that this release does not know speaks for itself."""
    if reason is None:
        return ReasonWords("no reason given", "The row names no reason.", "Ingest the video again.")
    return REASONS.get(reason) or ReasonWords(
        reason, "Not known to this release.", "Read it with the newer one."
    )
