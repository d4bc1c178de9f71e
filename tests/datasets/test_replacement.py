import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.replacement import (
    Replacement,
    commit_replacements,
    files_are_there,
    fragment_basis,
    write_replacement,
)
from datasets.rows import table_of
from datasets.schema import CLIPS, slot_columns

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
READS = {"body": (), "speech": ("body",)}  # in these tests speech is derived from the body


def source(slot: str, version: str) -> dict[str, Any]:
    return {"name": slot, "version": version, "params_hash": "00", "run_id": "r", "at": NOON}


def body(number: int, frames: int = 2) -> dict[str, Any]:
    """Values of the slot body that `number` tells apart."""
    return {
        "body_keypoints": [[number % 1000] * 99] * frames,
        "body_place_clip": None if number % 3 else [number] * 5,
        "body_src": source("body", str(number)),
        "body_rev": number,
        "body_digest": f"body {number}",
    }


def speech(number: int) -> dict[str, Any]:
    word = {"word": f"w{number}", "start_s": 0.5, "end_s": 1.0, "score": None, "speaker": None}
    return {
        "speech_text": f"text {number}",
        "speech_words": [word] * (number % 3),
        "speech_src": source("speech", str(number)),
        "speech_inputs": f"body {number}",
    }


VALUES = {"body": body, "speech": speech}


def full_row(clip_id: str, **values: Any) -> dict[str, Any]:
    """A row with every column, as it is read back."""
    return table_of("clips", [{"clip_id": clip_id, "keep": True, **values}]).to_pylist()[0]


def slot_rows(slot: str, numbers: dict[str, int]) -> pa.Table:
    rows = [{"clip_id": clip_id, **VALUES[slot](number)} for clip_id, number in numbers.items()]
    return table_of("clips", rows).select(["clip_id", *slot_columns(slot)])


def read_columns(slot: str) -> list[str]:
    return [column for read in READS[slot] for column in slot_columns(read)]


def append(lake: Lake, *clip_ids: str) -> None:
    rows = [{"clip_id": clip_id, "keep": True, **body(1), **speech(1)} for clip_id in clip_ids]
    lake.append("clips", lake.write_fragments("clips", table_of("clips", rows)))


def write(lake: Lake, slot: str, fragment_id: int, version: int | None = None, **numbers: int) -> Replacement:
    at = version or lake.table("clips").version
    rows = slot_rows(slot, numbers)
    return write_replacement(lake, rows, version=at, fragment_id=fragment_id, reads=read_columns(slot))


def stored(lake: Lake) -> dict[str, dict[str, Any]]:
    rows = lake.table("clips").to_table().to_pylist()
    assert len({row["clip_id"] for row in rows}) == len(rows)
    return {row["clip_id"]: row for row in rows}


def revisions(lake: Lake) -> dict[str, int]:
    return {clip: row["body_rev"] for clip, row in stored(lake).items()}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two fragments, 0 with a, b, c and 1 with d, e."""
    made = Lake.open(tmp_path / "lake", create=True)
    append(made, "a", "b", "c")
    append(made, "d", "e")
    return made


def test_only_the_columns_given_of_the_clips_given_change(lake):
    before = stored(lake)
    done = commit_replacements(lake, [write(lake, "body", 0, b=7)])
    assert done.version == lake.table("clips").version
    after = stored(lake)
    assert after["b"] == before["b"] | full_row("b", **body(7), **speech(1))
    assert {clip: row for clip, row in after.items() if clip != "b"} == {
        clip: row for clip, row in before.items() if clip != "b"
    }


def test_many_fragments_change_in_one_version(lake):
    version = lake.table("clips").version
    written = [write(lake, "body", 0, a=7, c=8), write(lake, "body", 1, d=9)]
    assert commit_replacements(lake, written).version == version + 1
    assert revisions(lake) == {"a": 7, "b": 1, "c": 8, "d": 9, "e": 1}


def test_clips_appended_before_the_commit_stay(lake):
    written = write(lake, "body", 0, a=7)
    append(lake, "f")
    assert commit_replacements(lake, [written]).committed == (written,)
    assert stored(lake)["f"] == full_row("f", **body(1), **speech(1))


def test_a_clip_deleted_before_the_commit_stays_away_and_the_others_get_their_own_values(lake):
    written = write(lake, "body", 0, a=6, b=7, c=8)
    lake.delete("clips", "clip_id = 'a'")
    assert commit_replacements(lake, [written]).committed == (written,)
    assert revisions(lake) == {"b": 7, "c": 8, "d": 1, "e": 1}


def test_a_fragment_with_deleted_rows_gets_its_values_in_the_right_places(lake):
    lake.delete("clips", "clip_id = 'a'")
    commit_replacements(lake, [write(lake, "body", 0, c=8)])
    assert revisions(lake) == {"b": 1, "c": 8, "d": 1, "e": 1}


def test_two_slots_of_one_fragment_written_at_one_version_are_both_kept(lake):
    later = write(lake, "body", 0, a=7)
    commit_replacements(lake, [write(lake, "speech", 0, a=5, b=5)])
    assert commit_replacements(lake, [later]).committed == (later,)
    assert stored(lake)["a"] == full_row("a", **body(7), **speech(5))
    assert stored(lake)["b"] == full_row("b", **body(1), **speech(5))


def test_what_was_written_beside_another_replacement_of_the_same_columns_is_outdated(lake):
    first, second = write(lake, "body", 0, a=7), write(lake, "body", 0, b=8)
    done = commit_replacements(lake, [first, second])
    assert (done.committed, done.outdated) == ((first,), (second,))
    assert revisions(lake) == {"a": 7, "b": 1, "c": 1, "d": 1, "e": 1}


def test_what_was_derived_from_columns_that_changed_is_outdated(lake):
    derived = write(lake, "speech", 0, a=7)
    elsewhere = write(lake, "speech", 1, d=7)
    commit_replacements(lake, [write(lake, "body", 0, b=8)])
    done = commit_replacements(lake, [derived, elsewhere])
    assert (done.committed, done.outdated) == ((elsewhere,), (derived,))
    assert stored(lake)["a"]["speech_text"] == "text 1"


def test_what_was_written_for_fragments_that_were_compacted_is_outdated(lake):
    written = write(lake, "body", 0, a=7)
    lake.table("clips").optimize.compact_files()
    version = lake.table("clips").version
    done = commit_replacements(lake, [written])
    assert (done.committed, done.outdated, done.version) == ((), (written,), version)
    assert stored(lake)["a"]["body_rev"] == 1


def test_a_commit_repeated_after_a_crash_changes_nothing(lake):
    written = [write(lake, "body", 0, a=7), write(lake, "body", 1, d=7)]
    commit_replacements(lake, written[:1])
    version = commit_replacements(lake, written).version
    again = commit_replacements(lake, written)
    assert (again.committed, again.outdated, again.version) == (tuple(written), (), version)


def test_files_that_hold_nothing_any_more_leave_the_table(lake):
    for number in (7, 8, 9):
        commit_replacements(lake, [write(lake, "body", 0, a=number)])
    assert len(lake.table("clips").get_fragment(0).metadata.files) == 2


def test_a_replacement_travels_as_json(lake):
    written = write(lake, "body", 0, a=7, b=8)
    assert Replacement.from_dict(json.loads(json.dumps(written.as_dict()))) == written


def test_files_that_somebody_cleaned_up_are_missed(lake):
    written = write(lake, "body", 0, a=7)
    assert files_are_there(lake, [written])
    (Path(lake.uri) / "clips" / written.path).unlink()
    assert not files_are_there(lake, [written])


def test_the_basis_changes_with_the_columns_it_is_of_and_with_no_others(lake):
    def bases() -> list[str]:
        return [fragment_basis(lake.table("clips"), 0, slot_columns(slot)) for slot in ("body", "hands")]

    before = bases()
    lake.delete("clips", "clip_id = 'a'")
    append(lake, "f")
    assert bases() == before
    commit_replacements(lake, [write(lake, "body", 0, b=7)])
    assert bases() != before
    assert bases()[1] == before[1]


@pytest.mark.parametrize("numbers", [{"z": 1}, {"a": 1, "d": 1}, {}])
def test_clips_that_the_fragment_does_not_hold_are_refused(lake, numbers):
    with pytest.raises(ValueError, match="fragment 0 holds"):
        write(lake, "body", 0, **numbers)


def test_a_clip_given_twice_is_refused(lake):
    rows = pa.concat_tables([slot_rows("body", {"a": 1}), slot_rows("body", {"a": 2})])
    with pytest.raises(ValueError, match="twice"):
        write_replacement(lake, rows, version=lake.table("clips").version, fragment_id=0)


def test_columns_that_came_with_a_later_release_are_filled(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    older = pa.schema([field for field in CLIPS if not field.name.startswith("speech")])
    uri = f"{lake.uri}/clips"
    lance.write_dataset(older.empty_table(), uri, mode="overwrite", data_storage_version="2.2")
    row = table_of("clips", [{"clip_id": "a", "keep": True, **body(1)}])
    lance.write_dataset(row.select(older.names), uri, mode="append")
    lake = Lake.open(lake.uri, upgrade=True)
    (fragment,) = lake.table("clips").get_fragments()
    commit_replacements(lake, [write(lake, "speech", fragment.fragment_id, a=7)])
    assert stored(lake)["a"] == full_row("a", **body(1), **speech(7))


class AnyInterleaving(RuleBasedStateMachine):
    """Appends, deletions, compactions and replacements in any order, against a model of plain dicts."""

    folders: Any  # of pytest, set by the test below

    @initialize()
    def start(self) -> None:
        self.lake = Lake.open(self.folders.mktemp("any") / "lake", create=True)
        self.rows: dict[str, dict[str, Any]] = {}
        self.changes: dict[tuple[int, str], int] = {}  # (fragment, slot) -> how often it was replaced
        self.past: dict[int, tuple[dict[int, list[str]], dict[tuple[int, str], int]]] = {}
        self.written: list[tuple[Replacement, str, dict[str, int], dict[str, int]]] = []
        self.count = 1
        self.note_version()

    def note_version(self) -> None:
        table = self.lake.table("clips")
        held: dict[int, list[str]] = {}
        rows = table.to_table(columns=["clip_id"], with_row_address=True).to_pylist()
        for row in rows:
            held.setdefault(row["_rowaddr"] >> 32, []).append(row["clip_id"])
        self.past[table.version] = held, dict(self.changes)

    @property
    def now(self) -> dict[int, list[str]]:
        return self.past[self.lake.table("clips").version][0]

    @rule(size=st.integers(1, 4))
    def append(self, size: int) -> None:
        clip_ids = [f"clip {self.count + i}" for i in range(size)]
        self.count += size
        append(self.lake, *clip_ids)
        self.rows |= {clip: full_row(clip, **body(1), **speech(1)) for clip in clip_ids}
        self.note_version()

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        clip = data.draw(st.sampled_from(sorted(self.rows)))
        self.lake.delete("clips", f"clip_id = '{clip}'")
        del self.rows[clip]
        self.note_version()

    @precondition(lambda self: len(self.now) > 1)
    @rule()
    def compact(self) -> None:
        self.lake.table("clips").optimize.compact_files()
        self.note_version()

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), slot=st.sampled_from(sorted(READS)))
    def write(self, data: Any, slot: str) -> None:
        """At a version that may be long past."""
        version = data.draw(st.sampled_from(sorted(v for v, (held, _) in self.past.items() if held)))
        held, changes = self.past[version]
        fragment = data.draw(st.sampled_from(sorted(held)))
        chosen = data.draw(st.sets(st.sampled_from(held[fragment]), min_size=1))
        numbers = {clip: self.count + i for i, clip in enumerate(sorted(chosen))}
        self.count += len(numbers)
        rests_on = {name: changes.get((fragment, name), 0) for name in (slot, *READS[slot])}
        self.written.append((write(self.lake, slot, fragment, version, **numbers), slot, numbers, rests_on))

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def commit(self, data: Any) -> None:
        chosen = data.draw(st.lists(st.sampled_from(range(len(self.written))), min_size=1, unique=True))
        expected = [self.written[i][0] for i in chosen if self.applies(*self.written[i])]
        with committing(self.lake) as check:
            done = commit_replacements(self.lake, [self.written[i][0] for i in chosen], check=check)
        assert list(done.committed) == expected
        assert len(done.committed) + len(done.outdated) == len(chosen)
        self.written = [each for i, each in enumerate(self.written) if i not in chosen]
        self.note_version()

    def applies(
        self, written: Replacement, slot: str, numbers: dict[str, int], rests_on: dict[str, int]
    ) -> bool:
        """Whether the model takes the new values; if so it does."""
        fragment = written.fragment_id
        alive = any(number == fragment for number in self.fragment_ids())
        if not alive or any(self.changes.get((fragment, name), 0) != n for name, n in rests_on.items()):
            return False
        self.changes[fragment, slot] = self.changes.get((fragment, slot), 0) + 1
        for clip, number in numbers.items():
            if clip in self.rows:
                new = full_row(clip, **VALUES[slot](number))
                self.rows[clip] |= {name: new[name] for name in slot_columns(slot)}
        return True

    def fragment_ids(self) -> list[int]:
        return [fragment.fragment_id for fragment in self.lake.table("clips").get_fragments()]

    @invariant()
    def the_table_is_the_model(self) -> None:
        assert stored(self.lake) == self.rows


def test_whatever_happens_in_between_only_the_chosen_clips_get_only_their_new_columns(tmp_path_factory):
    AnyInterleaving.folders = tmp_path_factory
    machine = AnyInterleaving.TestCase
    machine.settings = settings(
        max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine().runTest()
