import numpy as np
import pyarrow as pa
import pytest

from annotators.annotator import Clip
from annotators.registry import make_annotator
from datasets.content import row_digests
from datasets.lake import Lake
from datasets.media.encode import encode_h264
from datasets.rows import table_of
from datasets.schema import SLOTS, slot_columns
from datasets.staleness import Wanted
from flows.reannotation.plan import plan_reannotation
from flows.reannotation.work import Annotated, ClipWork, write_shard
from tests.flows.own_annotators import FAIL, SpeechOfBody, SpeechOne
from tests.flows.stale_lakes import append, clip_row, column, stale_lake


class Brightness(SpeechOne):
    """Writes the mean of all pixels."""

    needs_media = True

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


def with_media(lake: Lake, clip_id: str, mp4: bytes | None, frames: int) -> None:
    row = {"clip_id": clip_id, "mp4": mp4, "n_frames": frames}
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
