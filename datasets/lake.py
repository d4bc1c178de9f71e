"""The lake: four Lance tables under one address, opened lazily and written in two steps.

Any process writes fragments; one process a table commits them. A fragment nobody committed is an orphan
file and no row. Lance is not fork-safe: a `Lake` holds the address only and opens tables when asked, so
it travels to spawned processes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import lance
import pyarrow as pa
from lance.fragment import FragmentMetadata, write_fragments

from datasets.counts import count_clips, count_slot, count_videos, is_in
from datasets.errors import UserError
from datasets.rows import conform, refuse_duplicates
from datasets.schema import DATA_STORAGE_VERSION, SLOTS, TABLES

_IDS_A_FILTER = 5_000  # an IN list of this length parses in a few ms and scans the key column once
_COMMIT_RETRIES = 50  # appends never conflict in content, so retrying is always right

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
        cls, uri: str | Path, *, create: bool = False, storage_options: Mapping[str, str] | None = None
    ) -> "Lake":
        """The lake at `uri`, checked to hold every table with the columns of `datasets.schema`.

        With `create`, tables that are missing are made; two processes may do so at once. Raises LakeError
        where there is no lake, and SchemaDrift where a table lacks a column or holds another type.
        """
        lake = cls(_absolute(str(uri)), dict(storage_options) if storage_options else None)
        lake._check_folder()
        if create:
            for name in TABLES:
                lake._create_table(name)
        lake._check_tables()
        return lake

    def table(self, name: str, version: int | None = None) -> lance.LanceDataset:
        """One table, at its newest version unless told."""
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

    def append(self, name: str, fragments: Sequence[str]) -> int:
        """Commit fragments in one new version and return it; conflicts with other writers are retried.

        Fragments that the table already holds are left out, so an append repeated after a crash adds
        nothing; with nothing left to add the version stays as it is.
        """
        table = self.table(name)
        new = _uncommitted(table, [FragmentMetadata.from_json(text) for text in fragments])
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
        merge.use_index(False).conflict_retries(_COMMIT_RETRIES).execute(rows)
        return target.version

    def known_videos(self) -> dict[str, tuple[str, str | None]]:
        """video_id -> (status, spans as the JSON stored in the table, None for the whole video)."""
        rows = self.table("videos").to_table(columns=["video_id", "status", "spans"]).to_pylist()
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

    def status(self) -> dict[str, Any]:
        """Counts of videos, clips and filled annotator slots, and the versions they were counted at.

        Every count of one table reads the same version, so sums hold while others write.
        """
        tables = {name: self.table(name) for name in TABLES}
        return {
            "videos": count_videos(tables["videos"]),
            "clips": count_clips(tables["clips"]),
            "annotators": {slot: count_slot(tables["clips"], slot) for slot in SLOTS},
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

    def _check_tables(self) -> None:
        tables = {name: self._try_open(name) for name in TABLES}
        if all(table is None for table in tables.values()):
            raise LakeError(f"no lake at {self.uri}: run `emo2 ingest SOURCE --lake {self.uri}`")
        for name, table in tables.items():
            if table is None:
                raise LakeError(
                    f"the lake at {self.uri} lacks the table {name}:"
                    f" run `emo2 ingest SOURCE --lake {self.uri}`, which makes it"
                )
            _check_schema(name, table)

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


def _check_schema(name: str, table: lance.LanceDataset) -> None:
    stored = {column.name: column.type for column in table.schema}
    missing = [column.name for column in TABLES[name] if column.name not in stored]
    changed = [c.name for c in TABLES[name] if c.name in stored and stored[c.name] != c.type]
    if missing or changed:
        parts = [f"lacks the columns {missing}"] * bool(missing) + [f"holds other types in {changed}"] * bool(
            changed
        )
        raise SchemaDrift(
            f"{table.uri} (version {table.version}) {' and '.join(parts)}:"
            " it was made by another release of emo2; read it with that one or ingest into a new lake"
        )


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
