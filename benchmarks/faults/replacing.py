"""One slot of ten thousand clips replaced: bytes written beside those of the new columns, ours and two rivals'.

All start from the same lake, whose columns have their real width. The rivals are given the new values; ours makes
them as it goes, in the real flow with workers.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import lance
import pyarrow as pa

from benchmarks.faults.noop import NarrowBody, WideBody
from benchmarks.faults.orchestration import run_flow
from benchmarks.faults.synthetic import Shape, make_lake
from benchmarks.faults.workload import Workload
from benchmarks.faults.written import Written, watched
from benchmarks.results import Row, held_row
from datasets.lake import Lake
from datasets.schema import DATA_STORAGE_VERSION, slot_columns

BYTES_TARGET = 1.1
_SLOT = WideBody.name
_CLIPS_A_PART = 1_000  # of a merge_insert
_ROWS_A_BATCH = 64  # of full width, 20 MB


@dataclass(frozen=True)
class Replacing:
    """One way to replace the slot."""

    written: Written
    seconds: float


def rows(workload: Workload) -> list[Row]:
    """Bytes written over bytes of the column: ours, a rewrite of the table, merge_insert in parts."""
    sizes = workload.sizes
    base = workload.new_lake()
    make_lake(base, Shape(sizes.replaced_clips, frames=sizes.replaced_frames))
    annotator = WideBody if sizes.replaced_frames == WideBody.frames else NarrowBody
    ours = _ours(workload, base, annotator)
    column = column_bytes(base)
    parts = {"clips": sizes.replaced_clips, "column MB": column / 1e6, **_parts(ours)}
    return [
        held_row(
            f"re-annotation of {_SLOT}",
            ours.written.files / column,
            "of the column",
            BYTES_TARGET,
            better="lower",
            parts=parts,
        ),
        *(_rival_row(what, replaced_by(base, replace), column) for what, replace in RIVALS.items()),
    ]


def _ours(workload: Workload, lake: Path, annotator: type[WideBody]) -> Replacing:
    began_s = time.perf_counter()
    with watched(lake) as written:
        run = run_flow(workload, lake, f"{annotator.__module__}:{annotator.__name__}")
    assert Lake.open(lake).table("clips").count_rows(f"{_SLOT}_rev = 2") == run.clips
    return Replacing(written, time.perf_counter() - began_s)


def replaced_by(lake: Path, replace: Callable[[lance.LanceDataset], None]) -> Replacing:
    """On the same table once more, which is put back afterwards, as the disk may not hold another."""
    table = Lake.open(lake).table("clips")
    version = table.version
    began_s = time.perf_counter()
    with watched(lake) as written:
        replace(table)
    seconds = time.perf_counter() - began_s
    _put_back(lake, version)
    return Replacing(written, seconds)


def _rewrite(table: lance.LanceDataset) -> None:
    """Every column of every row goes through memory, the slot's as if they came from the annotator."""
    lance.write_dataset(
        pa.RecordBatchReader.from_batches(
            table.schema, table.to_batches(batch_size=_ROWS_A_BATCH, batch_readahead=2)
        ),
        table.uri,
        mode="overwrite",
        data_storage_version=DATA_STORAGE_VERSION,
    )


def _merge_in_parts(table: lance.LanceDataset) -> None:
    """The key and the slot's columns, as many clips at a time as fit into memory."""
    for part in _new_values(table):
        table.merge_insert("clip_id").when_matched_update_all().execute(part)


def _new_values(table: lance.LanceDataset) -> Iterator[pa.Table]:
    columns = ["clip_id", *slot_columns(_SLOT)]
    for start in range(0, table.count_rows(), _CLIPS_A_PART):
        yield table.to_table(columns=columns, offset=start, limit=_CLIPS_A_PART)


def column_bytes(lake: Path) -> int:
    """Of the slot's columns in memory, nulls of filtered clips left out: the values, source, inputs and digest."""
    table = Lake.open(lake).table("clips")
    batches = table.to_batches(columns=slot_columns(_SLOT), filter="keep", batch_size=_ROWS_A_BATCH)
    return sum(batch.nbytes for batch in batches)


def _put_back(lake: Path, version: int) -> None:
    """The table at an earlier version, without the files that came later."""
    table = Lake.open(lake).table("clips")
    kept = {
        file.path
        for fragment in lance.dataset(table.uri, version=version).get_fragments()
        for file in fragment.data_files()
    }
    lance.dataset(table.uri, version=version).restore()
    for path in (lake / "clips" / "data").rglob("*.lance"):
        if path.name not in {Path(each).name for each in kept}:
            path.unlink()


def _rival_row(what: str, took: Replacing, column: int) -> Row:
    return Row(what, took.written.files / column, "of the column", parts=_parts(took))


def _parts(took: Replacing) -> dict[str, float]:
    return {
        "files MB": took.written.files / 1e6,
        "processes MB": took.written.processes / 1e6,
        "s": took.seconds,
    }


RIVALS: Mapping[str, Callable[[lance.LanceDataset], None]] = {
    "rewrite of the table": _rewrite,
    "merge_insert in parts": _merge_in_parts,
}
