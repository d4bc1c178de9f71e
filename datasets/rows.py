"""Rows on their way into a table: the right columns, in order, with keys and blobs as Lance wants them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import lance
import pyarrow as pa

from datasets.schema import TABLES


def table_of(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table with the columns of `TABLES[name]`; what a row leaves out is null.

    `mp4` is bytes or None. Raises KeyError for a column the table does not have.
    """
    schema = TABLES[name]
    for row in rows:
        if unknown := row.keys() - set(schema.names):
            raise KeyError(f"table {name} has no column {sorted(unknown)}")
    columns = [_column(column, [row.get(column.name) for row in rows]) for column in schema]
    return pa.table(columns, schema=schema)


def _column(column: pa.Field, values: list[Any]) -> pa.Array:
    if isinstance(column.type, lance.blob.BlobType):
        return lance.blob_array(values)
    if pa.types.is_string(column.type):
        return pa.array([_storable(value) for value in values], column.type)
    return pa.array(values, column.type)


def _storable(text: str | None) -> str | None:
    """The text with bytes of a file name that are not UTF-8 written out, as in `caf\\xe9.mp4`."""
    return text and text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def conform(name: str, table: pa.Table) -> pa.Table:
    """The table's columns in schema order and with the schema's types, blobs made of plain bytes."""
    schema = TABLES[name]
    if set(table.column_names) != set(schema.names):
        missing = sorted(set(schema.names) - set(table.column_names))
        unknown = sorted(set(table.column_names) - set(schema.names))
        raise ValueError(f"rows for {name} lack the columns {missing} and have the unknown columns {unknown}")
    columns = [_conform_column(column, table[column.name]) for column in schema]
    return pa.table(columns, schema=schema)


def _conform_column(column: pa.Field, values: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    if not column.nullable and values.null_count:
        raise ValueError(f"{column.name} is a key and must not be null")
    if values.type == column.type:
        return values
    if isinstance(column.type, lance.blob.BlobType):
        return lance.blob_array(values.to_pylist())
    return values.cast(column.type)


def refuse_duplicates(keys: pa.ChunkedArray, name: str) -> None:
    """Raise ValueError where a key stands twice: Lance would insert both rows."""
    twice = sorted(key for key, count in Counter(keys.to_pylist()).items() if count > 1)
    if twice:
        raise ValueError(f"{len(twice)} keys stand twice in one batch for {name}, the first is {twice[0]}")
