"""Whether the person in the picture is the one who speaks: what the annotators found against bounds.

Both stages learn how a body goes with its own voice. A clip in which somebody is heard and another mouth is seen, as
where a narrator talks over pictures or an interviewer asks, teaches the wrong thing.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from datasets.reasons import Reason

# What a judgement rests on: columns of `clips`.
JUDGED_BY: Final = ("speaker_score", "speaker_voices", "speech_ratio", "style_told")
# The slot whose values decide; with new ones the clip is judged again.
JUDGED_SLOT: Final = "speaker"


class SpeakingThresholds(BaseModel):
    """Bounds outside which an annotated clip is not kept; nothing is judged by what is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Thresholds of speaking")

    # Of pieces of 2 to 12 s of people who speak, 0.9 % lie below 0.04 and 3.1 % below 0.1; with another's sound, 13 %
    # and 30 % of whole clips. These are 19 clips, too few to settle it: `python -m benchmarks active-speaker`.
    min_speaker_score: float = Field(
        0.04,
        ge=0,
        le=1,
        title="Mouth moves with the sound, at least (0 to 1)",
        description="Score of the annotator speaker, where somebody is heard; set 0 to keep whoever is seen.",
    )
    # Off: only machines with a diarisation model count voices, and in clips of some seconds a laugh or a cough is
    # a voice more, so two lakes of one source would differ by what was installed.
    max_voices: int | None = Field(
        None,
        ge=1,
        le=20,
        title="Voices, at most",
        description="People heard in a clip, where a diarisation model counted them; None: any number.",
    )


def why_not_speaking(columns: Mapping[str, Any], thresholds: SpeakingThresholds) -> str | None:
    """The sentence of a clip that is not to be kept, else None.

    columns: those of JUDGED_BY by name, absent or None where not known; a clip told to be a gesture dance is never
    found wanting, since nobody needs to speak in it. A score equal to its bound passes.
    """
    score, voices, ratio, told = (columns.get(name) for name in JUDGED_BY)
    nobody_heard = ratio is not None and ratio <= 0
    if told == "gesture_dance" or nobody_heard:
        return None
    if score is not None and score < thresholds.min_speaker_score:
        bound = thresholds.min_speaker_score
        heard = "there is sound" if ratio is None else "somebody is heard"
        return f"{heard}, and the mouth moves with it by {score:.2f} of at least {bound:g}"
    if voices is not None and thresholds.max_voices is not None and voices > thresholds.max_voices:
        return f"{voices} voices are heard, of at most {thresholds.max_voices}"
    return None


def not_speaking_sql(thresholds: SpeakingThresholds) -> str:
    """The same as SQL over `clips`, true or false for every row."""
    # A cast, since a bound between two numbers of single precision would be rounded to one of them.
    missed = [f"COALESCE(CAST(speaker_score AS DOUBLE), 1.0) < {thresholds.min_speaker_score!r}"]
    if thresholds.max_voices is not None:
        missed.append(f"COALESCE(speaker_voices, 0) > {thresholds.max_voices}")
    heard = "COALESCE(speech_ratio, 1.0) > 0 AND COALESCE(style_told, '') <> 'gesture_dance'"
    return f"{heard} AND ({' OR '.join(missed)})"


def judged_again(
    old: tuple[bool | None, str | None, str | None],
    columns: Mapping[str, Any],
    thresholds: SpeakingThresholds,
) -> tuple[bool | None, str | None, str | None]:
    """(keep, reason, detail) of a clip by new columns; what was left out for another reason stays so."""
    keep, reason, _ = old
    if not keep and reason != Reason.NOT_SPEAKING:
        return old
    why = why_not_speaking(columns, thresholds)
    return (True, None, None) if why is None else (False, Reason.NOT_SPEAKING.value, why)
