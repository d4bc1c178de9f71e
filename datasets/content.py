"""Digests of what rows hold, so that two rows, two lakes or a row and its past are compared without keeping both.

Equal values have equal digests however Arrow lays them out: sliced, in chunks, with or without a validity buffer,
whatever bits a NaN has or a null leaves behind. A null, an empty list and a list of one null differ.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import lance
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datasets.lake import Lake, LakeError
from datasets.schema import CLIP_MEDIA, CLIPS, PROVENANCE

_HEX_DIGITS = 16  # 64 bits: two of 10 million rows share a digest once in 370,000 lakes
_CLIPS_A_BATCH = 64  # of full width, 60 MB
_NOT_CONTENT = frozenset({"run_id", "at"})  # who wrote a value and when says nothing about the value


@dataclass(frozen=True)
class _Part:
    """Bytes of many rows side by side; `edges[i]` to `edges[i + 1]` are those of row i."""

    data: memoryview
    edges: list[int]  # one more than there are rows


def digest(columns: Mapping[str, pa.Array]) -> str:
    """16 hex digits of one row, given as arrays of length 1; the order of the columns does not matter."""
    (row,) = row_digests(pa.table(dict(columns)), list(columns))
    return row


def row_digests(rows: pa.Table | pa.RecordBatch, columns: Sequence[str]) -> list[str]:
    """The digest of these columns of each row, in order; the same as `digest` of that row.

    Raises KeyError for a column that is not there, TypeError for a type the lake does not use.
    """
    batches = rows.to_batches() if isinstance(rows, pa.Table) else [rows]
    if missing := [name for name in columns if name not in rows.schema.names]:
        raise KeyError(f"no column {missing[0]}: the rows have {rows.schema.names}")
    return [row for batch in batches for part in _pieces(batch) for row in _digests(part, sorted(columns))]


def clip_contents(lake: Lake, *, clips_version: int | None = None) -> dict[str, dict[str, str]]:
    """clip_id -> {column: digest} of everything `clips` and `clip_media` hold, pictures and sound included.

    `clips` is read at this version, by default the newest, and `clip_media` at its newest. Runs and times are left
    out, so that two lakes made of the same source are equal. A clip of one table alone has the columns of that one;
    a column that both have stands for `clips`, and again as in `clip_media.n_frames`.
    Raises LakeError for a clip that stands twice in a table.
    """
    contents: dict[str, dict[str, str]] = {}
    clips, media = lake.table("clips", clips_version), lake.table("clip_media")
    for table, rows in (("clips", _clip_rows(clips)), ("clip_media", _media_rows(media))):
        seen: set[str] = set()
        for clip_id, columns in rows:
            if clip_id in seen:
                raise LakeError(f"clip {clip_id} stands twice in the table {table} of {lake.uri}")
            seen.add(clip_id)
            of_clip = contents.setdefault(clip_id, {})
            of_clip |= {
                f"{table}.{name}" if name in of_clip else name: value for name, value in columns.items()
            }
    return contents


def _clip_rows(table: lance.LanceDataset) -> Iterator[tuple[str, dict[str, str]]]:
    names = [field.name for field in CLIPS if field.name not in _NOT_CONTENT]
    for batch in table.to_batches(columns=names, batch_size=_CLIPS_A_BATCH):
        yield from _column_digests(_without_runs(batch))


def _media_rows(table: lance.LanceDataset) -> Iterator[tuple[str, dict[str, str]]]:
    names = [field.name for field in CLIP_MEDIA if field.name != "mp4"]
    batches = table.to_batches(columns=names, batch_size=_CLIPS_A_BATCH, with_row_address=True)
    for batch in batches:
        addresses = batch["_rowaddr"].to_pylist()
        found = dict(table.read_blobs("mp4", addresses=addresses, preserve_order=True))
        pictures = pa.array([found.get(address) for address in addresses], pa.binary())
        yield from _column_digests(batch.drop_columns("_rowaddr").append_column("mp4", pictures))


def _column_digests(batch: pa.RecordBatch) -> Iterator[tuple[str, dict[str, str]]]:
    names = [name for name in batch.schema.names if name != "clip_id"]
    by_column = [_digests(batch, [name]) for name in names]
    for clip_id, *digests in zip(batch["clip_id"].to_pylist(), *by_column, strict=True):
        yield clip_id, dict(zip(names, digests, strict=True))


def _without_runs(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Provenance as columns of its own, as in `hands_src.version`, without the run and the time."""
    columns: dict[str, pa.Array] = {}
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if values.type != PROVENANCE:
            columns[name] = values
            continue
        for field in PROVENANCE:
            if field.name not in _NOT_CONTENT:
                columns[f"{name}.{field.name}"] = pc.struct_field(values, field.name)  # type: ignore[attr-defined]
    return pa.record_batch(columns)


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A few rows at a time: whole batches of full width fall out of the processor's caches."""
    return (batch.slice(start, _CLIPS_A_BATCH) for start in range(0, batch.num_rows, _CLIPS_A_BATCH))


def _digests(batch: pa.RecordBatch, columns: Sequence[str]) -> Iterator[str]:
    """Takes each column of the whole batch at once: calls for each row and list would cost more than the hashing."""
    bounds = np.arange(batch.num_rows + 1)
    named = [(f"{name}\0".encode(), list(_parts(batch[name], bounds))) for name in columns]
    for row in range(batch.num_rows):
        hasher = hashlib.sha256()
        for name, parts in named:
            hasher.update(name)
            for part in parts:
                hasher.update(part.data[part.edges[row] : part.edges[row + 1]])
        yield hasher.hexdigest()[:_HEX_DIGITS]


def _parts(values: pa.Array, bounds: np.ndarray) -> Iterator[_Part]:
    """The values as bytes: what is null, then how long lists are, then what they hold.

    bounds: of values, (rows + 1); row i has the values bounds[i] to bounds[i + 1]. No two rows give the same bytes,
    since each part says how long the next one is.
    """
    kind = values.type
    if isinstance(values, pa.ExtensionArray):
        yield from _parts(values.storage, bounds)
        return
    yield _validity(values, bounds)
    if pa.types.is_struct(kind):
        for child in values.flatten():  # null where the struct is
            yield from _parts(child, bounds)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _list_parts(values, bounds)
    elif pa.types.is_string(kind) or pa.types.is_binary(kind):
        yield from _text_parts(values, bounds)
    else:
        yield _part(_numbers(values), bounds)


def _validity(values: pa.Array, bounds: np.ndarray) -> _Part:
    """For each row a 0 where nothing is null, else a 1 and a byte for each value."""
    if not values.null_count:
        rows = len(bounds) - 1
        return _Part(memoryview(bytes(rows)), list(range(rows + 1)))
    valid = values.is_valid().to_numpy(zero_copy_only=False)
    spans = [valid[start:end] for start, end in pairwise(bounds)]
    masks = [b"\0" if span.all() else b"\1" + span.tobytes() for span in spans]
    return _Part(memoryview(b"".join(masks)), _edges([len(mask) for mask in masks]).tolist())


def _list_parts(values: pa.Array, bounds: np.ndarray) -> Iterator[_Part]:
    items = values.flatten()  # without what lies under nulls
    if pa.types.is_fixed_size_list(values.type):  # the type tells the lengths, and the validity which are 0
        yield from _parts(items, _counted(values)[bounds] * values.type.list_size)
        return
    lengths = _lengths(values)
    yield _part(lengths, bounds)
    yield from _parts(items, _edges(lengths)[bounds])


def _counted(values: pa.Array) -> np.ndarray:
    """(len + 1): how many of the values before each one, and before the end, are not null."""
    if not values.null_count:
        return np.arange(len(values) + 1)
    return _edges(values.is_valid().to_numpy(zero_copy_only=False))


def _lengths(values: pa.Array) -> np.ndarray:
    """Items of each list; 0 where it is null."""
    lengths = pc.list_value_length(values)  # type: ignore[attr-defined]
    if values.null_count:
        lengths = lengths.fill_null(0)
    return lengths.to_numpy(zero_copy_only=False).astype(np.int64)


def _text_parts(values: pa.Array, bounds: np.ndarray) -> Iterator[_Part]:
    filled = values.cast(pa.binary()).fill_null(b"")
    _, offset_buffer, data = filled.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[filled.offset : filled.offset + len(filled) + 1]
    yield _part(np.diff(offsets).astype(np.int64), bounds)
    yield _Part(memoryview(data or b""), offsets[bounds].tolist())


def _numbers(values: pa.Array) -> np.ndarray:
    """The values without a mask: 0 under nulls, one pattern for every NaN, booleans as bytes."""
    if pa.types.is_boolean(values.type):
        return values.fill_null(False).cast(pa.uint8()).to_numpy(zero_copy_only=False)
    width = _number_width(values.type)
    raw = np.frombuffer(values.buffers()[1] or b"", f"u{width}")[values.offset : values.offset + len(values)]
    if pa.types.is_floating(values.type):
        raw = _one_nan(raw, width)
    if values.null_count:
        raw = np.where(values.is_valid().to_numpy(zero_copy_only=False), raw, raw.dtype.type(0))
    return raw


def _number_width(kind: pa.DataType) -> int:
    """Bytes of one value."""
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_temporal(kind)):
        raise TypeError(f"no digest of {kind}: the lake holds numbers, text, structs and lists of these")
    return kind.bit_width // 8


def _one_nan(raw: np.ndarray, width: int) -> np.ndarray:
    infinity = int(np.array(np.inf, f"f{width}").view(f"u{width}"))
    sign = 1 << (8 * width - 1)
    nan = (raw & raw.dtype.type(sign - 1)) > infinity  # in integers: four times as fast as isnan of float16
    return np.where(nan, raw.dtype.type(infinity + 1), raw) if nan.any() else raw


def _part(items: np.ndarray, bounds: np.ndarray) -> _Part:
    return _Part(np.ascontiguousarray(items).view(np.uint8).data, (bounds * items.itemsize).tolist())


def _edges(lengths: Sequence[int] | np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
