"""Which scenes are worth training on: bounds on the framing's scores, and the reason a scene is left out."""

from pydantic import ConfigDict, Field

from annotators.framing.framer import Framing
from annotators.speaking import SpeakingThresholds
from datasets.reasons import Reason


class Thresholds(SpeakingThresholds):
    """Bounds outside which a clip is not kept; what was measured stays in its columns either way.

    Those of the framing are met before anything is annotated, those inherited afterwards.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", title="Thresholds")

    # The defaults were chosen on real clips (half-body talk and sign language, talking heads, street, film).
    # With a second face in half of the stills (1.5) a phone clip had that person's hands labelled as the speaker's.
    max_people: float = Field(
        1.25,
        ge=1,
        le=20,
        title="People, at most",
        description="Median number of faces in the whole picture; 1.5 is a second face in half of the stills.",
    )
    # Half-body crops had 87 to 185; below 60 the face is under an eleventh of the height, a full-body shot.
    min_face_height_px: float = Field(
        60.0,
        ge=0,
        le=704,
        title="Face height, at least (clip pixels)",
        description="Forehead to chin in the 704 x 512 clip; 0 where only a body was found.",
    )
    # Talking heads had 0 to 0.12, gesturing speakers 0.75 to 1, a signer who starts and ends at rest 0.33.
    min_hand_visibility: float = Field(
        0.25,
        ge=0,
        le=1,
        title="Hand visibility, at least (0 to 1)",
        description="Mean fraction of the two wrists seen inside the crop.",
    )
    # Lets 360 rows through whole (1.96) and stops 240 (2.9) and 180 (3.9). Shrunk and enlarged again by 2.5,
    # clips moved MediaPipe's hand landmarks by 1 px (median; 2 px at the 90th percentile), under its own
    # error of 4 px; by 4, twice as much, and the picture keeps a sixteenth of its detail.
    max_scale: float = Field(
        2.5,
        gt=0,
        le=20,
        title="Enlargement, at most (clip pixels a source pixel)",
        description="704 over the height of the crop in the source.",
    )
    # Sharp crops had 100 to 680, soft phone video 30; a Gaussian blur of 4 clip pixels leaves 4 to 9.
    min_sharpness: float = Field(
        10.0,
        ge=0,
        le=100_000,
        title="Sharpness, at least (variance of the Laplacian)",
        description="Of the crop's grey levels (0 to 255) at 352 x 256.",
    )
    # What both stages learn is how hands follow sound, so a silent clip teaches nothing; one with any speech in
    # it had 0.4 and more.
    min_speech_track: float = Field(
        0.05,
        ge=0,
        le=1,
        title="Sound, at least (0 to 1)",
        description="Fraction of 20 ms windows above -50 dBFS; set 0 to keep clips without sound.",
    )


def judge(framing: Framing, speech_track: float | None, thresholds: Thresholds) -> Reason | None:
    """Why a scene is not kept, or None. The first that holds of: no_person, too_many_people, face_too_small,
    hands_hidden, low_resolution, blurred, no_speech_track.

    The order goes from what is in the picture to how well it was recorded. `speech_track` None stands for a
    source without sound and counts as 0. A score equal to its bound passes.
    """
    if framing.crop is None:
        return Reason.NO_PERSON
    outside = {
        Reason.TOO_MANY_PEOPLE: framing.people > thresholds.max_people,
        Reason.FACE_TOO_SMALL: _below(framing.face_height_px, thresholds.min_face_height_px),
        Reason.HANDS_HIDDEN: _below(framing.hand_visibility, thresholds.min_hand_visibility),
        Reason.LOW_RESOLUTION: framing.scale is not None and framing.scale > thresholds.max_scale,
        Reason.BLURRED: _below(framing.sharpness, thresholds.min_sharpness),
        Reason.NO_SPEECH_TRACK: _below(speech_track, thresholds.min_speech_track),
    }
    return next((reason for reason, holds in outside.items() if holds), None)


def _below(score: float | None, bound: float) -> bool:
    """Whether a score misses its lower bound; one that was not measured counts as 0."""
    return (score or 0.0) < bound
