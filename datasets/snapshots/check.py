"""A snapshot read whole, and held against what its rows say it is."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from datasets.content import row_digests
from datasets.schema import SLOTS
from datasets.snapshots.contents import content_hash
from datasets.snapshots.snapshot import Snapshot, SnapshotError

_CLIPS_A_BATCH = 64  # of labels in full width and films, 200 MB


@dataclass(frozen=True)
class Difference:
    """One clip that is not what the snapshot froze."""

    clip_id: str
    what: str  # a slot, or "film"


def verify_snapshot(
    snapshot: Snapshot, *, progress: Callable[[int, int], None] = lambda done, of: None
) -> list[Difference]:
    """Every label and film that is not as it was written; none means that all bytes are read and right.

    Sound and reference pictures are read too, but have no digest to be held against. `progress` is told
    (rows read, of).
    Raises SnapshotError where the tables cannot be read, or where their clips are not those of the content hash.
    """
    with _readable(snapshot):
        contents = check_contents(snapshot)
        return [*_wrong_labels(snapshot, contents, progress), *_wrong_films(snapshot, contents, progress)]


def check_contents(snapshot: Snapshot) -> pa.Table:
    """The snapshot's clips, compared by their ids and digests alone: no label and no film is read.

    Raises SnapshotError where the tables cannot be read, or where their clips are not those of the content hash.
    """
    with _readable(snapshot):
        contents = snapshot.contents()
    found = content_hash(contents)
    if found != snapshot.content_hash:
        raise SnapshotError(
            f"the clips of snapshot {snapshot.name} have the content hash {found[:16]}, and"
            f" {snapshot.content_hash[:16]} when it was made: the tables of {snapshot.lake.uri} were changed"
        )
    return contents


@contextmanager
def _readable(snapshot: Snapshot) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise SnapshotError(
            f"the snapshot {snapshot.name} of {snapshot.lake.uri} cannot be read ({str(error).splitlines()[0]}):"
            " bring its files back from a copy, or make another snapshot"
        ) from error


def _wrong_labels(
    snapshot: Snapshot, contents: pa.Table, progress: Callable[[int, int], None]
) -> Iterator[Difference]:
    slots = [slot for slot in SLOTS if f"{slot}_digest" in contents.column_names]
    columns = [name for slot in slots for name in [*SLOTS[slot].names, f"{slot}_digest"]]
    batches = snapshot.clips.to_batches(
        columns=["clip_id", *columns], filter=snapshot.selection, batch_size=_CLIPS_A_BATCH, batch_readahead=1
    )
    done = 0
    for batch in batches:
        clip_ids = batch["clip_id"].to_pylist()
        for slot in slots:
            told, found = batch[f"{slot}_digest"].to_pylist(), row_digests(batch, SLOTS[slot].names)
            for clip_id, before, now in zip(clip_ids, told, found, strict=True):
                if before is not None and before != now:
                    yield Difference(clip_id, slot)
        done += batch.num_rows
        progress(done, 2 * contents.num_rows)


def _wrong_films(
    snapshot: Snapshot, contents: pa.Table, progress: Callable[[int, int], None]
) -> Iterator[Difference]:
    media, done = snapshot.clip_media, contents.num_rows
    told = dict(zip(contents["clip_id"].to_pylist(), contents["encode_hash"].to_pylist(), strict=True))
    batches = media.to_batches(
        columns=["clip_id", "audio", "reference"],
        with_row_address=True,
        batch_size=_CLIPS_A_BATCH,
        batch_readahead=1,
    )
    for batch in batches:
        rows = zip(batch["_rowaddr"].to_pylist(), batch["clip_id"].to_pylist(), strict=True)
        chosen = {address: clip_id for address, clip_id in rows if clip_id in told}
        films = dict(media.read_blobs("mp4", addresses=list(chosen))) if chosen else {}
        for address, clip_id in chosen.items():
            if hashlib.sha256(films[address] or b"").hexdigest() != told[clip_id]:
                yield Difference(clip_id, "film")
        done += len(chosen)
        progress(done, 2 * contents.num_rows)
