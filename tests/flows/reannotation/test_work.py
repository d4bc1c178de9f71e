import lance
import numpy as np
import pyarrow as pa
import pytest

from annotators.annotator import Clip
from annotators.registry import make_annotator
from annotators.speaking import SpeakingThresholds, not_speaking_sql
from datasets.content import row_digests
from datasets.identity import params_hash
from datasets.lake import Lake
from datasets.media.audio import encode_flac
from datasets.media.encode import encode_h264
from datasets.provenance import source
from datasets.replacement import commit_replacements
from datasets.rows import table_of
from datasets.schema import SLOTS, slot_columns
from datasets.staleness import Wanted, stale_clips
from flows.reannotation.plan import plan_reannotation
from flows.reannotation.work import Annotated, ClipWork, write_shard
from tests.flows.own_annotators import FAIL, SpeechOfBody, SpeechOne
from tests.flows.own_isolated import HeardSpeech, Speaker, SureSpeaker
from tests.flows.stale_lakes import FRAMES, append, clip_row, column, stale_lake


class Brightness(SpeechOne):
    """Writes the mean of all pixels."""

    needs = "pictures"

    def text(self, clip: Clip) -> str:
        return f"{len(clip.frames)} frames of {round(clip.frames.mean())}"


def annotate(lake: Lake, annotator: SpeechOne, *clip_ids: str) -> Annotated:
    work = ClipWork(lake, annotator, lake.table("clips").version, "now")
    fragments = [fragment.fragment_id for fragment in lake.table("clips").get_fragments()]
    return work.annotate(clip_ids, fragments)


def test_rows_hold_values_origin_inputs_and_digest_in_the_order_asked(tmp_path):
    lake = stale_lake(tmp_path, 2, 2)
    made = annotate(lake, SpeechOfBody(), "clip002", "clip000")
    assert made.rows.column_names == ["clip_id", *slot_columns("speech")]
    assert made.rows["speech_text"].to_pylist() == ["2", "0"]
    assert made.rows["speech_inputs"].to_pylist() == ["body 1/44136fa355b3"] * 2
    assert made.rows["speech_src"][0].as_py() | {"at": None} == {
        "name": "speech",
        "version": "1",
        "params_hash": "44136fa355b3",
        "run_id": "now",
        "at": None,
    }
    assert made.rows["speech_digest"].to_pylist() == row_digests(made.rows, SLOTS["speech"].names)
    assert made.costs.stages["speech"].amount == 16


def test_the_revision_counts_on_from_what_is_there(tmp_path):
    lake = stale_lake(tmp_path, 1)
    append(lake, clip_row(1, speech_rev=4))
    made = annotate(lake, SpeechOne(), "clip000", "clip001")
    assert made.rows["speech_rev"].to_pylist() == [1, 5]


def test_a_clip_that_fails_is_told_and_the_others_are_done(tmp_path, monkeypatch):
    monkeypatch.setenv(FAIL, "clip001 raise")
    made = annotate(stale_lake(tmp_path, 3), SpeechOne(), "clip000", "clip001", "clip002")
    assert made.rows["clip_id"].to_pylist() == ["clip000", "clip002"]
    (failure,) = made.failures
    assert (failure.clip_id, failure.sentence) == ("clip001", "ValueError: no words in clip001")


def test_where_every_clip_fails_there_are_no_rows(tmp_path, monkeypatch):
    monkeypatch.setenv(FAIL, "* raise")
    made = annotate(stale_lake(tmp_path, 2), SpeechOne(), "clip000", "clip001")
    assert made.rows is None
    assert len(made.failures) == 2


def with_media(lake: Lake, clip_id: str, mp4: bytes | None, frames: int, audio: bytes | None = None) -> None:
    row = {"clip_id": clip_id, "mp4": mp4, "n_frames": frames, "audio": audio}
    lake.append("clip_media", lake.write_fragments("clip_media", table_of("clip_media", [row])))


def test_pictures_are_decoded_from_the_stored_media_and_damage_is_that_clips_own(tmp_path):
    lake = stale_lake(tmp_path, 4)
    grey = np.full((25, 704 * 3 // 2, 512), 128, np.uint8)  # I420
    grey[:, :704] = 126  # luma, which stands for 128 in RGB
    mp4 = encode_h264(grey)
    with_media(lake, "clip000", mp4, 25)
    with_media(lake, "clip001", mp4[: len(mp4) // 2], 25)
    with_media(lake, "clip002", None, 25)
    made = annotate(lake, Brightness(), "clip000", "clip001", "clip002", "clip003")
    assert made.rows["speech_text"].to_pylist() == ["25 frames of 128"]
    told = {failure.clip_id: failure.sentence for failure in made.failures}
    assert set(told) == {"clip001", "clip002", "clip003"}
    assert "no mp4 is stored" in told["clip002"]
    assert told["clip003"] == "it has no media"
    assert made.costs.stages["decode"].amount == 25


def test_a_shard_writes_one_file_a_fragment_and_leaves_out_what_has_no_rows(tmp_path):
    lake = stale_lake(tmp_path, 2, 2, 1)
    annotator = make_annotator("tests.flows.own_annotators:SpeechOfBody")
    plan = plan_reannotation(lake.table("clips"), Wanted("speech", "1", "-", ("body",)), clips_per_shard=9)
    rows = [annotate(lake, annotator, clip).rows for clip in ("clip003", "clip000", "clip001")]
    before = column(lake, "speech_text")
    written = write_shard(lake, plan.shards[0], plan.version, rows, slot="speech", reads=("body",))
    assert [(each.fragment_id, each.clip_ids) for each in written] == [
        (0, ("clip000", "clip001")),
        (1, ("clip003",)),
    ]
    assert column(lake, "speech_text") == before


@pytest.mark.parametrize("clips", [0, 3])
def test_an_annotator_that_returns_other_rows_than_asked_fails_the_clip(tmp_path, clips):
    class Wrong(SpeechOne):
        def annotate(self, given):
            return pa.RecordBatch.from_pylist([{}] * clips, schema=self.schema)

    made = annotate(stale_lake(tmp_path, 1), Wrong(), "clip000")
    assert made.rows is None
    assert made.failures[0].sentence == f"ValueError: the annotator speech returned {clips} rows for one clip"


def test_an_annotator_of_the_sound_never_opens_the_pictures(tmp_path, monkeypatch):
    lake = stale_lake(tmp_path, 4)
    flac = encode_flac(np.zeros(16_000, np.float32))
    with_media(lake, "clip000", b"no mp4 at all", 25, flac)
    with_media(lake, "clip001", None, 25)
    with_media(lake, "clip002", None, 25, flac[: len(flac) // 2])

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the pictures were read")

    monkeypatch.setattr(lance.LanceDataset, "read_blobs", refuse)
    made = annotate(lake, HeardSpeech(), "clip000", "clip001", "clip002", "clip003")
    assert made.rows["clip_id"].to_pylist() == ["clip000", "clip001"]
    assert [text.split(", numpy")[0] for text in made.rows["speech_text"].to_pylist()] == [
        "0 pictures, 25 frames, 16000 samples",
        "0 pictures, 25 frames, None samples",
    ]
    told = {failure.clip_id: failure.sentence for failure in made.failures}
    assert set(told) == {"clip002", "clip003"}
    assert "clip clip002" in told["clip002"]
    assert made.costs.stages["decode sound"].amount == 50
    assert "decode" not in made.costs.stages


def test_an_annotator_of_columns_knows_how_long_the_clip_is(tmp_path):
    class Length(SpeechOne):
        def text(self, clip: Clip) -> str:
            return f"{len(clip.frames)} of {clip.n_frames}"

    made = annotate(stale_lake(tmp_path, 1), Length(), "clip000")
    assert made.rows["speech_text"].to_pylist() == [f"0 of {FRAMES}"]


def test_new_values_of_the_speaker_decide_again_whether_a_clip_is_kept(tmp_path):
    lake = stale_lake(tmp_path, 1)
    append(
        lake,
        clip_row(1, keep=False, reason="not_speaking", detail="older"),
        clip_row(2, style_told="gesture_dance"),
    )
    clips = ("clip000", "clip001", "clip002")
    still, sure = (annotate(lake, kind(), *clips).rows for kind in (Speaker, SureSpeaker))
    assert still["keep"].to_pylist() == [False, False, True]
    assert still["reason"].to_pylist() == ["not_speaking", "not_speaking", None]
    assert still["detail"][1].as_py().endswith("0.01 of at least 0.04")
    assert sure["keep"].to_pylist() == [True] * 3
    assert sure["reason"].null_count == sure["detail"].null_count == 3
    assert still["speaker_inputs"].to_pylist() == ["speech -"] * 3


def test_a_judgement_rests_on_the_style_that_was_told(tmp_path):
    lake = stale_lake(tmp_path, 1)
    wanted = Wanted("speaker", "0.01", "-", ("speech",), ("speech",))
    plan = plan_reannotation(lake.table("clips"), wanted, clips_per_shard=9)
    rows = annotate(lake, Speaker(), "clip000").rows
    written = write_shard(lake, plan.shards[0], plan.version, [rows], slot="speaker", reads=("speech",))
    lake.table("clips").update({"style_told": "'gesture_dance'"})
    done = commit_replacements(lake, written)
    assert (done.committed, done.outdated) == ((), tuple(written))
    assert column(lake, "keep") == {"clip000": True}


def test_other_bounds_make_stale_what_they_would_keep_or_leave_out(tmp_path):
    lake = stale_lake(tmp_path, 1)
    made = {"speaker_src": source("speaker", "1", {}, "r")}
    lake.delete("clips", "TRUE")
    append(
        lake,
        clip_row(1, speaker_score=0.5, **made),
        clip_row(2, speaker_score=0.9, **made),
        clip_row(3, speaker_score=0.9, keep=False, reason="not_speaking", **made),
        clip_row(4, speaker_score=0.5, keep=False, reason="not_speaking", **made),
        clip_row(5, speaker_score=0.9, keep=False, reason="blurred", **made),
    )
    for bound, stale in (
        (0.7, {"clip001", "clip003"}),
        (0.2, {"clip003", "clip004"}),
        (1.0, {"clip001", "clip002"}),
    ):
        sql = not_speaking_sql(SpeakingThresholds(min_speaker_score=bound))
        wanted = Wanted("speaker", "1", params_hash({}), left_out=sql)
        found = {clip.clip_id: clip.why for clip in stale_clips(lake.table("clips"), wanted)}
        assert found == dict.fromkeys(stale, "kept by other bounds")
