"""How many bytes a table's newest rows take in its store, told from its own metadata: no file is listed.

Files that only older versions need, manifests and logs of transactions are left out.
"""

from typing import Any

import lance
from lance.blob import BlobType

_INLINE = 0  # kind of a blob that lies in the data file itself; all others lie beside it


def table_bytes(table: lance.LanceDataset) -> int:
    """Of data files and the blobs beside them; columns that were replaced count until they are compacted."""
    files = (file for fragment in table.get_fragments() for file in fragment.data_files())
    beside = sum(_blob_bytes(table, name, inline=False) for name in _blobs(table))
    return sum(file.file_size_bytes or 0 for file in files) + beside


def column_bytes(table: lance.LanceDataset) -> dict[str, int]:
    """Of each top-level column, compressed as it lies there, its nested fields and blobs included."""
    fields = table.stats.data_stats().fields  # without what is in blobs, wherever that lies
    stored = {field.id: field.bytes_on_disk for field in fields}  # type: ignore[attr-defined]
    blobs = {name: _blob_bytes(table, name, inline=True) for name in _blobs(table)}
    return {
        field.name(): sum(stored.get(part, 0) for part in _ids(field)) + blobs.get(field.name(), 0)
        for field in table.lance_schema.fields()
    }


def _blobs(table: lance.LanceDataset) -> list[str]:
    return [field.name for field in table.schema if isinstance(field.type, BlobType)]


def _blob_bytes(table: lance.LanceDataset, name: str, *, inline: bool) -> int:
    """What the blobs of a column hold, with those that lie in the data files or without."""
    total = 0
    for batch in table.to_batches(columns=[name], blob_handling="blobs_descriptions"):
        kinds, sizes = (batch[name].field(part).to_numpy(zero_copy_only=False) for part in ("kind", "size"))
        counted = batch[name].is_valid().to_numpy(zero_copy_only=False)
        if not inline:
            counted = counted & (kinds != _INLINE)
        total += int(sizes[counted].sum())
    return total


def _ids(field: Any) -> list[int]:
    return [field.id(), *(part for child in field.children() for part in _ids(child))]
