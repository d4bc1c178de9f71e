"""The lake: Lance tables under one address, opened lazily and written in two steps.

Any process writes fragments; one process a table commits them. A fragment nobody committed is an orphan
file and no row. Lance is not fork-safe: a `Lake` holds the address only and opens tables when asked, so
it travels to spawned processes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import lance
import pyarrow as pa
from lance.fragment import FragmentMetadata, write_fragments

from datasets.counts import count_clips, count_slots, count_videos, is_in
from datasets.errors import UserError
from datasets.rows import conform, refuse_duplicates
from datasets.schema import DATA_STORAGE_VERSION, TABLES

_IDS_A_FILTER = 5_000  # an IN list of this length parses in a few ms and scans the key column once
_COMMIT_RETRIES = 50  # appends never conflict in content, so retrying is always right
_RETRIED_FOR = timedelta(minutes=10)  # Lance's 30 s are too few for a slow store with several writers

_T = TypeVar("_T")


class LakeError(UserError):
    """The lake cannot be opened or written; the sentence says where and what to do."""


class SchemaDrift(LakeError):
    """The tables on disk are not the ones this version reads and writes."""


@dataclass(frozen=True)
class ClipMedia:
    """The media of one clip; None where the table holds none."""

    clip_id: str
    mp4: bytes | None  # H.264, 704 x 512 (height x width), 25 Hz
    audio: bytes | None  # FLAC, 16 kHz mono
    reference: bytes | None  # JPEG of the crop
    n_frames: int | None


@dataclass(frozen=True)
class Lake:
    """An address and the options to reach it; made with `Lake.open`."""

    uri: str  # absolute folder, or an object-store URI, without a slash at the end
    storage_options: Mapping[str, str] | None = field(default=None, repr=False)  # may hold credentials

    @classmethod
    def open(
        cls,
        uri: str | Path,
        *,
        create: bool = False,
        upgrade: bool = False,
        storage_options: Mapping[str, str] | None = None,
    ) -> "Lake":
        """The lake at `uri`, checked to hold every table with the columns of `datasets.schema`.

        With `create`, tables that are missing are made; two processes may do so at once. With `create` or
        `upgrade`, a lake of an earlier release gets the tables and columns it lacks, all null. Raises LakeError
        where there is no lake, and SchemaDrift where a table lacks a column or holds another type.
        """
        lake = cls(_absolute(str(uri)), dict(storage_options) if storage_options else None)
        lake._check_folder()
        tables = {name: lake._try_open(name) for name in TABLES}
        if not create and all(table is None for table in tables.values()):
            raise LakeError(f"no lake at {lake.uri}: run `emo2 ingest SOURCE --lake {lake.uri}`")
        if create or upgrade:
            for name, table in tables.items():
                lake._create_table(name) if table is None else lake._add_columns(name, table)
            tables = {name: lake._try_open(name) for name in TABLES}
        for name, table in tables.items():
            lake._check_table(name, table)
        return lake

    def table(self, name: str, version: int | str | None = None) -> lance.LanceDataset:
        """One table, at its newest version unless told; `version` is a number or a tag."""
        return lance.dataset(self._table_uri(name), version=version, storage_options=self._options())

    def versions(self) -> dict[str, int]:
        """The newest version of each table."""
        return {name: self.table(name).version for name in TABLES}

    def write_fragments(self, name: str, table: pa.Table) -> list[str]:
        """Data files for `append`, as JSON; the table does not change until they are committed.

        `table` holds exactly the columns of `TABLES[name]`, in any order; `mp4` may come as plain bytes.
        Callable from any process and machine that reaches the lake. No rows give no fragments.
        """
        rows = conform(name, table)
        if rows.num_rows == 0:
            return []
        fragments = write_fragments(
            rows,
            self._table_uri(name),
            schema=rows.schema,
            mode="append",
            data_storage_version=DATA_STORAGE_VERSION,
            storage_options=self._options(),
        )
        return [json.dumps(fragment.to_json()) for fragment in fragments]

    def append(self, name: str, fragments: Sequence[str], *, known_new: bool = False) -> int:
        """Commit fragments in one new version and return it; conflicts with other writers are retried.

        Fragments that the table already holds are left out, so an append repeated after a crash adds
        nothing; with nothing left to add the version stays as it is. known_new: the caller has seen that the table
        holds none of them, which spares a look at each of its fragments.
        """
        table = self.table(name)
        new = [FragmentMetadata.from_json(text) for text in fragments]
        new = new if known_new else _uncommitted(table, new)
        if not new:
            return table.version
        committed = lance.LanceDataset.commit(
            table,
            lance.LanceOperation.Append(new),
            read_version=table.version,
            max_retries=_COMMIT_RETRIES,
        )
        return committed.version

    def upsert(self, name: str, table: pa.Table, on: str) -> int:
        """Replace the rows whose key `on` exists, insert the others, and return the version.

        For the small tables, `videos` and `runs`: a row is replaced whole. Raises ValueError where a key
        stands twice in `table`, since Lance would insert both rows.
        """
        rows = conform(name, table)
        refuse_duplicates(rows[on], name)
        target = self.table(name)
        if rows.num_rows == 0:
            return target.version
        # Through an index on the key, two merges of one new key at once would both insert it.
        merge = target.merge_insert(on).when_matched_update_all().when_not_matched_insert_all()
        merge.use_index(False).conflict_retries(_COMMIT_RETRIES).retry_timeout(_RETRIED_FOR).execute(rows)
        return target.version

    def delete(self, name: str, where: str) -> int:
        """Delete the rows for which the SQL holds, and return the version; conflicts are retried."""
        table = self.table(name)
        table.delete(where, conflict_retries=_COMMIT_RETRIES, retry_timeout=_RETRIED_FOR)
        return table.version

    def known_videos(self, video_ids: Iterable[str] | None = None) -> dict[str, tuple[str, str | None]]:
        """video_id -> (status, spans as the JSON stored in the table, None for the whole video).

        Of these videos, or of all.
        """
        columns, table = ["video_id", "status", "spans"], self.table("videos")
        filters = (
            [None]
            if video_ids is None
            else [is_in("video_id", batch) for batch in _batches(sorted(set(video_ids)), _IDS_A_FILTER)]
        )
        rows = [row for sql in filters for row in table.to_table(columns=columns, filter=sql).to_pylist()]
        return {row["video_id"]: (row["status"], row["spans"]) for row in rows}

    def clip_ids(
        self,
        table: str = "clips",
        *,
        video_ids: Iterable[str] | None = None,
        clip_ids: Iterable[str] | None = None,
    ) -> set[str]:
        """The clip ids that `table` holds, of these videos or among these clips.

        `clip_media` knows no videos: ask it by clip. Raises ValueError unless exactly one selection is given.
        """
        if (video_ids is None) == (clip_ids is None):
            raise ValueError("give either video_ids or clip_ids")
        column, wanted = ("video_id", video_ids) if clip_ids is None else ("clip_id", clip_ids)
        opened = self.table(table)
        if column not in opened.schema.names:
            raise ValueError(f"table {table} has no column {column}")
        found: set[str] = set()
        for batch in _batches(sorted(set(wanted or ())), _IDS_A_FILTER):
            rows = opened.to_table(columns=["clip_id"], filter=is_in(column, batch))
            found.update(rows["clip_id"].to_pylist())
        return found

    def read_media(
        self, clip_ids: Sequence[str], *, mp4: bool = True, batch: int = 64
    ) -> Iterator[ClipMedia]:
        """The media of these clips, in their order; `mp4=False` leaves the pictures unread.

        Holds `batch` clips in memory. Raises LakeError naming a clip that `clip_media` lacks.
        """
        table = self.table("clip_media")
        for ids in _batches(clip_ids, batch):
            yield from _read_media_batch(table, ids, mp4)

    def status(self, *, stale: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Counts of videos, clips and filled annotator slots, and the versions they were counted at.

        stale: slot -> SQL over `clips`; the clips for which it holds are counted too. Every count of one table
        reads the same version, so sums hold while others write.
        """
        tables = {name: self.table(name) for name in TABLES}
        return {
            "videos": count_videos(tables["videos"]),
            "clips": count_clips(tables["clips"]),
            "annotators": count_slots(tables["clips"], stale),
            "versions": {name: table.version for name, table in tables.items()},
        }

    def _table_uri(self, name: str) -> str:
        if name not in TABLES:
            raise ValueError(f"no table {name!r}: the lake holds {', '.join(TABLES)}")
        return f"{self.uri}/{name}"

    def _options(self) -> dict[str, str] | None:
        return dict(self.storage_options) if self.storage_options else None

    def _check_folder(self) -> None:
        if "://" in self.uri:
            return
        path = Path(self.uri)
        file = next((part for part in (path, *path.parents) if part.is_file()), None)
        if file:
            raise LakeError(f"no lake at {self.uri}: {file} is a file; give a folder or an object-store URI")

    def _create_table(self, name: str) -> None:
        if self._try_open(name) is not None:
            return
        uri, options = self._table_uri(name), self._options()
        try:
            first = write_fragments(
                TABLES[name].empty_table(),
                uri,
                mode="create",
                data_storage_version=DATA_STORAGE_VERSION,
                storage_options=options,
                return_transaction=True,
            )
            # write_dataset(mode="create") answers a lost race with a second, overwriting version (93 of 150
            # races of two processes); a commit without retries fails instead.
            lance.LanceDataset.commit(uri, first, storage_options=options, max_retries=0)
        except (OSError, ValueError) as error:
            if self._try_open(name) is None:  # else another process was first
                raise self._unreachable(error) from error

    def _add_columns(self, name: str, table: lance.LanceDataset) -> None:
        """The columns that came with a later release, null in every row; no data file is touched."""
        missing = pa.schema([column for column in TABLES[name] if column.name not in table.schema.names])
        if not len(missing):
            return
        try:
            table.add_columns(missing)
        except (OSError, ValueError, RuntimeError) as error:
            if not set(missing.names) <= set(self.table(name).schema.names):  # else another process was first
                raise self._unreachable(error) from error

    def _check_table(self, name: str, table: lance.LanceDataset | None) -> None:
        remedy = f"run `emo2 maintain --lake {self.uri}`, which adds what a later release of emo2 brought"
        if table is None:
            raise LakeError(f"the lake at {self.uri} lacks the table {name}: {remedy}")
        stored = {column.name: column.type for column in table.schema}
        where = f"{table.uri} (version {table.version})"
        if missing := [column.name for column in TABLES[name] if column.name not in stored]:
            raise SchemaDrift(f"{where} lacks the columns {missing}: {remedy}")
        if changed := [c.name for c in TABLES[name] if stored[c.name] != c.type]:
            raise SchemaDrift(
                f"{where} holds other types in {changed}: another release of emo2 made it;"
                " read it with that one or ingest into a new lake"
            )

    def _try_open(self, name: str) -> lance.LanceDataset | None:
        try:
            return self.table(name)
        except (OSError, ValueError) as error:
            if "was not found" in str(error):
                return None
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> LakeError:
        text = str(error).splitlines()[0]
        if "No object store provider" in text:
            scheme = self.uri.split("://", 1)[0]
            return LakeError(
                f"{self.uri} has the unknown scheme {scheme}://: give a folder, s3://, gs:// or az://"
            )
        return LakeError(
            f"cannot reach the lake at {self.uri} ({_without_origin(text)}):"
            " check the address, the permissions and the credentials"
        )


def _uncommitted(table: lance.LanceDataset, fragments: list[FragmentMetadata]) -> list[FragmentMetadata]:
    """The fragments whose data files the table does not hold yet; the names of data files are unique."""
    held = {file.path for fragment in table.get_fragments() for file in fragment.data_files()}
    return [fragment for fragment in fragments if not held.intersection(f.path for f in fragment.files)]


def _read_media_batch(table: lance.LanceDataset, ids: Sequence[str], mp4: bool) -> Iterator[ClipMedia]:
    columns = ["clip_id", "audio", "reference", "n_frames"]
    found = table.to_table(columns=columns, filter=is_in("clip_id", ids), with_row_address=True).to_pylist()
    rows = {row["clip_id"]: row for row in found}
    if missing := [clip for clip in ids if clip not in rows]:
        raise LakeError(f"clip {missing[0]} has no media in {table.uri} (version {table.version})")
    addresses = [rows[clip]["_rowaddr"] for clip in dict.fromkeys(ids)]
    blobs = dict(table.read_blobs("mp4", addresses=addresses, preserve_order=True)) if mp4 else {}
    for clip in ids:
        row = rows[clip]
        yield ClipMedia(clip, blobs.get(row["_rowaddr"]), row["audio"], row["reference"], row["n_frames"])


def _absolute(uri: str) -> str:
    """Folders become absolute, since workers start elsewhere; `file://` becomes the folder it names."""
    if not uri.strip():
        raise LakeError("the lake's address is empty: give a folder or an object-store URI")
    if uri.startswith("file://"):
        uri = unquote(urlsplit(uri).path)
    if "://" in uri:
        return uri.rstrip("/")
    return str(Path(uri).expanduser().absolute())


def _batches(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _without_origin(text: str) -> str:
    """Lance's message without the position in its own source."""
    return text.split(", /")[0].split(", location:")[0]
