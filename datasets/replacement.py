"""New values for some columns of `clips`, written beside the table and put in place in one commit.

A replacement is a data file with the new columns of one fragment, in the order of its rows: rows that were not
chosen keep the values they had. No version names the file until `commit_replacements`, which may come days and a
crash later: appends, deleted rows and replacements of other columns in between do no harm, since a fragment's rows
never change their place. What rests on values that have changed since is told apart and left out.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import lance
import pyarrow as pa
from lance.commit import CommitConflictError
from lance.file import LanceFileSession
from lance.fragment import FragmentMetadata, LanceFragment

from datasets.counts import is_in
from datasets.identity import params_hash
from datasets.lake import Lake, LakeError
from datasets.rows import refuse_duplicates
from datasets.schema import CLIPS

_COMMIT_RETRIES = 50  # appends do not conflict with replaced columns
_ATTEMPTS = 10  # at a commit that other changes of the same fragments came before
_REPLACED = -2  # how Lance marks a column of a data file that a later file holds


@dataclass(frozen=True)
class Replacement:
    """One fragment's new columns in a file of the lake, and what they rest on; travels as JSON."""

    fragment_id: int
    file: str  # Lance's description of the data file, as JSON
    replaced: tuple[int, ...]  # Lance's ids of the columns in it
    rests_on: tuple[int, ...]  # ids of the columns that must not change before the commit
    basis: str  # hash of what those columns were: `_basis`
    clip_ids: tuple[str, ...]  # rows with new values

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Replacement":
        lists = {name: tuple(values[name]) for name in ("replaced", "rests_on", "clip_ids")}
        return cls(**{**values, **lists})

    @property
    def path(self) -> str:
        """Of the data file, within the table's folder."""
        return f"data/{json.loads(self.file)['path']}"


@dataclass(frozen=True)
class Replaced:
    """What became of replacements that were to be committed."""

    version: int  # of the table now
    committed: tuple[Replacement, ...]
    outdated: tuple[Replacement, ...]  # their fragment is gone, or what they rest on has changed


def write_replacement(
    lake: Lake, rows: pa.Table, *, version: int, fragment_id: int, reads: Sequence[str] = ()
) -> Replacement:
    """Write new values for rows of one fragment, as it is at this version; the table does not change.

    rows: `clip_id` and the columns to replace, whose types are cast to the table's; reads: columns the new values
    were derived from. Callable from any process that reaches the lake. Raises ValueError for a clip that stands
    twice in `rows`, or that the fragment does not hold, and for no rows at all.
    """
    table = lake.table("clips", version)
    names = [name for name in rows.column_names if name != "clip_id"]
    replaced, rests_on = _field_ids(table, names), _field_ids(table, [*names, *reads])
    fragment = _fragment(table, fragment_id)
    clip_ids = _checked_ids(rows, fragment)
    new = rows.select(["clip_id", *names]).cast(
        pa.schema([CLIPS.field(name) for name in ["clip_id", *names]])
    )
    made, _ = fragment.update_columns(new, left_on="clip_id", right_on="clip_id")
    before = fragment.metadata
    (file,) = _new_files(before, made)
    basis = _basis(_plain(before), rests_on)
    return Replacement(fragment_id, json.dumps(file), replaced, rests_on, basis, clip_ids)


def fragment_basis(table: lance.LanceDataset, fragment_id: int, columns: Iterable[str]) -> str:
    """A hash of what these columns of a fragment are at the table's version; deleted rows do not change it."""
    return _basis(_plain(_fragment(table, fragment_id).metadata), _field_ids(table, columns))


def commit_replacements(
    lake: Lake, replacements: Sequence[Replacement], *, check: Callable[[], None] = lambda: None
) -> Replaced:
    """Put all replacements that still hold in place, in one new version of `clips`.

    Those that are in place already count as committed, so a commit repeated after a crash changes nothing. For a
    caller inside `committing(lake)`, which gives `check`: it is called right before the commit. Raises LakeError
    where writers that do not wait for that lock change the same fragments all the time.
    """
    for _ in range(_ATTEMPTS):
        table = lake.table("clips")
        held = _sorted(table, replacements)
        if not held.fragments:
            return Replaced(table.version, tuple(held.committed), tuple(held.outdated))
        check()
        try:
            version = _commit(table, held)
        except CommitConflictError:
            continue
        return Replaced(version, tuple(held.committed), tuple(held.outdated))
    raise LakeError(
        f"other writers kept changing the clips of {lake.uri}: run this again once they have ended"
    )


def files_are_there(lake: Lake, replacements: Iterable[Replacement]) -> bool:
    """Whether nobody has cleaned up the files of these replacements, which no version names."""
    options = dict(lake.storage_options) if lake.storage_options else None
    session = LanceFileSession(f"{lake.uri}/clips", storage_options=options)
    return all(session.contains(each.path) for each in replacements)


@dataclass
class _Sorted:
    fragments: dict[int, dict[str, Any]]  # as they are to be, by id
    fields: set[int]
    committed: list[Replacement]
    outdated: list[Replacement]


def _sorted(table: lance.LanceDataset, replacements: Sequence[Replacement]) -> _Sorted:
    """Each replacement against the newest state, which those before it have already changed."""
    held = _Sorted({}, set(), [], [])
    now = {fragment.fragment_id: fragment for fragment in table.get_fragments()}
    for each in replacements:
        fragment = held.fragments.get(each.fragment_id) or _plain_of(now.get(each.fragment_id))
        if fragment is None:
            held.outdated.append(each)
        elif json.loads(each.file)["path"] in {file["path"] for file in fragment["files"]}:
            held.committed.append(each)
        elif _basis(fragment, each.rests_on) != each.basis:
            held.outdated.append(each)
        else:
            held.fragments[each.fragment_id] = _with_file(fragment, each)
            held.fields.update(each.replaced)
            held.committed.append(each)
    return held


def _commit(table: lance.LanceDataset, held: _Sorted) -> int:
    change = lance.LanceOperation.Update(
        updated_fragments=[FragmentMetadata.from_json(json.dumps(each)) for each in held.fragments.values()],
        fields_modified=sorted(held.fields),
        update_mode="rewrite_columns",
    )
    done = lance.LanceDataset.commit(table, change, read_version=table.version, max_retries=_COMMIT_RETRIES)
    return done.version


def _with_file(fragment: Mapping[str, Any], replacement: Replacement) -> dict[str, Any]:
    """The fragment with the new file; a file that holds nothing any more is left out."""
    gone = set(replacement.replaced)
    kept = [
        {**file, "fields": [_REPLACED if field in gone else field for field in file["fields"]]}
        for file in fragment["files"]
    ]
    kept = [file for file in kept if any(field != _REPLACED for field in file["fields"])]
    return {**fragment, "files": [*kept, json.loads(replacement.file)]}


def _basis(fragment: Mapping[str, Any], fields: Iterable[int]) -> str:
    """The fragment, and the files that hold these columns: their names are never used again."""
    wanted = set(fields)
    files = sorted(file["path"] for file in fragment["files"] if wanted.intersection(file["fields"]))
    return params_hash({"id": fragment["id"], "files": files})


def _field_ids(table: lance.LanceDataset, columns: Iterable[str]) -> tuple[int, ...]:
    """Lance's ids of the columns and of everything nested in them; raises KeyError for one that is not there."""
    fields = {field.name(): field for field in table.lance_schema.fields()}
    return tuple(sorted({number for name in columns for number in _nested_ids(fields[name])}))


def _nested_ids(field: Any) -> list[int]:
    return [field.id(), *(number for child in field.children() for number in _nested_ids(child))]


def _fragment(table: lance.LanceDataset, fragment_id: int) -> LanceFragment:
    fragment = table.get_fragment(fragment_id)
    if fragment is None:
        raise ValueError(f"{table.uri} (version {table.version}) has no fragment {fragment_id}")
    return fragment


def _checked_ids(rows: pa.Table, fragment: LanceFragment) -> tuple[str, ...]:
    """The clips of `rows`; Lance would take one of two equal keys at random, and leave out a key it does not know."""
    refuse_duplicates(rows["clip_id"], "clips")
    clip_ids = rows["clip_id"].to_pylist()
    found = _count(fragment, is_in("clip_id", clip_ids)) if clip_ids else 0
    if not clip_ids or found != len(clip_ids):
        number = fragment.fragment_id
        raise ValueError(f"fragment {number} holds {found} of the {len(clip_ids)} clips to be replaced")
    return tuple(clip_ids)


def _count(fragment: LanceFragment, where: str) -> int:
    """Not `fragment.count_rows`: that holds Python's lock while it waits for the store, and so stops every thread."""
    return fragment.scanner(columns=["clip_id"], filter=where).to_table().num_rows


def _new_files(before: FragmentMetadata, after: FragmentMetadata) -> list[dict[str, Any]]:
    known = {file["path"] for file in _plain(before)["files"]}
    return [file for file in _plain(after)["files"] if file["path"] not in known]


def _plain(metadata: FragmentMetadata) -> dict[str, Any]:
    return metadata.to_json()


def _plain_of(fragment: LanceFragment | None) -> dict[str, Any] | None:
    return None if fragment is None else _plain(fragment.metadata)
