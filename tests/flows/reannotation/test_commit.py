from pathlib import Path

import pytest

from datasets.identity import params_hash
from datasets.lake import Lake
from datasets.replacement import Replacement, commit_replacements, write_replacement
from datasets.rows import table_of
from datasets.schema import slot_columns
from datasets.staleness import Wanted
from flows.reannotation.commit import commit_left_over, commit_written, written_row
from flows.shard_ledger import ShardRow, put_shards, shard_rows
from tests.flows.stale_lakes import append, clip_row, column, stale_lake

SPEECH_2 = Wanted("speech", "2", params_hash({}), ("body",))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return stale_lake(tmp_path, 2, 2)


def write(lake: Lake, fragment_id: int, slot: str = "speech", **texts: str) -> Replacement:
    rows = [{"clip_id": clip_id, f"{slot}_digest": text} for clip_id, text in texts.items()]
    columns = table_of("clips", rows).select(["clip_id", *slot_columns(slot)])
    version = lake.table("clips").version
    reads = slot_columns("body") if slot == "speech" else ()
    return write_replacement(lake, columns, version=version, fragment_id=fragment_id, reads=reads)


def leave(lake: Lake, name: str, *replacements: Replacement, wanted: Wanted = SPEECH_2) -> ShardRow:
    """A shard that a run wrote before it was killed."""
    row = written_row(name, "killed", wanted, replacements)
    put_shards(lake, [row])
    return row


def states(lake: Lake) -> dict[str, str]:
    return {row.shard_id: row.state for row in shard_rows(lake)}


def test_shards_are_committed_in_one_version_and_noted(lake):
    rows = [
        leave(lake, "one", write(lake, 0, clip000="new")),
        leave(lake, "two", write(lake, 1, clip003="new")),
    ]
    version = lake.table("clips").version
    done = commit_written(lake, rows)
    assert (done.replaced, done.outdated) == (("clip000", "clip003"), ())
    assert lake.table("clips").version == version + 1
    assert column(lake, "speech_digest") == {
        "clip000": "new",
        "clip001": None,
        "clip002": None,
        "clip003": "new",
    }
    assert states(lake) == {"one": "committed", "two": "committed"}
    assert all(row.result is None for row in shard_rows(lake))


def test_what_a_killed_run_wrote_is_committed_by_the_next(lake):
    leave(lake, "one", write(lake, 0, clip000="new"))
    assert commit_left_over(lake, SPEECH_2).replaced == ("clip000",)
    assert commit_left_over(lake, SPEECH_2).replaced == ()
    assert column(lake, "speech_digest")["clip000"] == "new"


def test_a_run_killed_between_its_commit_and_its_note_is_made_good(lake):
    written = write(lake, 0, clip000="new")
    leave(lake, "one", written)
    version = commit_replacements(lake, [written]).version
    assert commit_left_over(lake, SPEECH_2).replaced == ("clip000",)
    assert lake.table("clips").version == version
    assert states(lake) == {"one": "committed"}


def test_what_an_older_annotator_wrote_is_forgotten(lake):
    leave(lake, "one", write(lake, 0, clip000="old"), wanted=Wanted("speech", "1", params_hash({})))
    assert commit_left_over(lake, SPEECH_2).replaced == ()
    assert states(lake) == {}
    assert column(lake, "speech_digest")["clip000"] is None


def test_what_was_written_of_another_slot_is_left_to_its_own_run(lake):
    body = Wanted("body", "2", params_hash({}))
    leave(lake, "one", write(lake, 0, "body", clip000="new"), wanted=body)
    assert commit_left_over(lake, SPEECH_2).replaced == ()
    assert states(lake) == {"one": "written"}


def test_what_rests_on_a_body_that_was_replaced_since_is_told_and_forgotten(lake):
    rows = [
        leave(lake, "one", write(lake, 0, clip000="new")),
        leave(lake, "two", write(lake, 1, clip003="new")),
    ]
    commit_replacements(lake, [write(lake, 0, "body", clip001="moved")])
    done = commit_written(lake, rows)
    assert (done.replaced, done.outdated) == (("clip003",), ("clip000",))
    assert states(lake) == {"two": "committed"}


def test_a_shard_of_which_half_is_outdated_commits_the_other_half(lake):
    row = leave(lake, "one", write(lake, 0, clip000="new"), write(lake, 1, clip003="new"))
    commit_replacements(lake, [write(lake, 1, "body", clip002="moved")])
    done = commit_written(lake, [row])
    assert (done.replaced, done.outdated) == (("clip000",), ("clip003",))
    assert states(lake) == {"one": "committed"}


def test_files_that_were_cleaned_up_meanwhile_are_not_committed(lake):
    written = write(lake, 0, clip000="new")
    leave(lake, "one", written)
    (Path(lake.uri) / "clips" / written.path).unlink()
    assert commit_left_over(lake, SPEECH_2).replaced == ()
    assert states(lake) == {}
    append(lake, clip_row(9))
    assert len(column(lake, "speech_digest")) == 5
