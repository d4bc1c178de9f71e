"""The last of a clip, without Ray: what was found elsewhere, what follows from it, and the verdict."""

from typing import Any

import pyarrow as pa

from annotators.speaking import SpeakingThresholds
from datasets.schema import CLIPS, SLOTS
from flows.accounting import Counts
from flows.conclusion import conclude, merged
from flows.costs import Meter
from flows.isolated.labels import label_sounds, sounds_schema
from tests.flows.own_isolated import HeardSpeech, Speaker, SureSpeaker

ROWS = [
    {"clip_id": "a", "n_frames": 50, "keep": True, "people": 1.0},
    {"clip_id": "short", "n_frames": 10, "keep": False, "reason": "too_short"},
    {"clip_id": "b", "n_frames": 75, "keep": True},
]


def clips(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([*rows], schema=CLIPS)


def speech(*clip_ids: str) -> pa.Table:
    given = [{"clip_id": clip_id, "n_frames": 50} for clip_id in clip_ids]
    return label_sounds(
        pa.Table.from_pylist(given, schema=sounds_schema(())), HeardSpeech(), run_id="r", gpus=0.0
    ).rows


def concluded(rows: pa.Table, slots, *annotators, **bounds) -> list[dict[str, Any]]:
    thresholds = SpeakingThresholds(**bounds)
    return conclude(rows, slots, annotators, thresholds, run_id="r", meter=Meter()).to_pylist()


def test_a_slot_comes_into_the_rows_of_its_clips_in_whatever_order():
    table = merged(clips(*ROWS), {"speech": speech("b", "a")})
    assert table.schema == CLIPS
    a, short, b = table.to_pylist()
    assert a["speech_ratio"] == b["speech_ratio"] == 0.5
    assert a["speech_src"]["name"] == "speech"
    assert (short["speech_ratio"], short["speech_src"]) == (None, None)
    assert (a["people"], short["reason"]) == (1.0, "too_short")


def test_where_there_is_none_kept_clips_say_why_and_nothing_else():
    a, short, _ = merged(clips(*ROWS), {"speech": "it is not built"}).to_pylist()
    assert (a["speech_reason"], a["speech_src"], a["speech_rev"]) == ("it is not built", None, None)
    assert short["speech_reason"] is None
    assert merged(clips(*ROWS), {"body": "a slot without a reason"}) == clips(*ROWS)


def test_what_is_derived_names_what_was_found_elsewhere():
    a, short, _ = concluded(clips(*ROWS), {"speech": speech("a", "b")}, SureSpeaker())
    stamp = f"1/{a['speech_src']['params_hash']}"
    assert (a["speaker_inputs"], a["speaker_rev"]) == (f"speech {stamp}", 1)
    assert a["speaker_score"] == 0.9 or abs(a["speaker_score"] - 0.9) < 1e-6
    assert short["speaker_src"] is None
    a, *_ = concluded(clips(*ROWS), {"speech": "it is not built"}, SureSpeaker())
    assert a["speaker_inputs"] == "speech -"


def test_who_does_not_speak_is_left_out_and_keeps_every_label():
    rows = conclude(
        clips(*ROWS),
        {"speech": speech("a", "b")},
        [Speaker()],
        SpeakingThresholds(),
        run_id="r",
        meter=Meter(),
    )
    counted = Counts.of_clips(rows)
    assert (counted.clips_kept, counted.clips_filtered, counted.clips_quarantined) == (0, 3, 0)
    assert counted.reasons == {"not_speaking": 2, "too_short": 1}
    a, short, _ = rows.to_pylist()
    assert (a["keep"], a["reason"], a["speech_ratio"]) == (False, "not_speaking", 0.5)
    assert a["detail"].endswith("0.01 of at least 0.04")
    assert short["detail"] is None
    assert all(a[name] is not None for name in ("speaker_score", "speaker_digest", "people"))


def test_a_dance_needs_no_voice_and_a_bound_of_0_no_mouth():
    dance = clips(ROWS[0] | {"style_told": "gesture_dance"})
    assert concluded(dance, {"speech": speech("a")}, Speaker())[0]["keep"]
    assert concluded(clips(ROWS[0]), {"speech": speech("a")}, Speaker(), min_speaker_score=0)[0]["keep"]


def test_nothing_to_conclude_changes_nothing():
    assert conclude(clips(*ROWS), {}, [], SpeakingThresholds(), run_id="r", meter=Meter()) == clips(*ROWS)
    assert set(SLOTS["speaker"].names) <= set(CLIPS.names)
