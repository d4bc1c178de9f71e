"""Whether stored buckets are still those of the lake: they carry a digest of the motion they were made of."""

import hashlib
from typing import Final, Literal

import pyarrow as pa

from datasets.lake import Lake, LakeError
from datasets.motion.store import MotionBuckets, load_buckets

TRAIN_CLIPS: Final = "keep IS TRUE AND split = 'train'"  # whose motion is put into buckets

_COLUMNS = ["clip_id", "motion_digest", "motion_rev"]
_CLIPS_A_BATCH = 65_536


def clips_digest(lake: Lake, version: int | None = None) -> str:
    """16 hex digits of which clips are trained on and of the motion of each, in whatever order they stand.

    Reads three short columns of the clips table at that version, the newest unless told.
    """
    rows = lake.table("clips", version).to_table(columns=_COLUMNS, filter=TRAIN_CLIPS).sort_by("clip_id")
    digest = hashlib.sha256()
    for batch in rows.to_batches(max_chunksize=_CLIPS_A_BATCH):
        digest.update(_lines(batch))
    return digest.hexdigest()[:16]


def bucket_state(lake: Lake, buckets: MotionBuckets) -> Literal["current", "stale"]:
    """ "stale" where other clips, or other motion, would go into these buckets at the newest version.

    Buckets of an older release do not say what they were made of: they are current at their own version only.
    """
    table = lake.table("clips")
    if table.version == buckets.clips_version:
        return "current"
    made_of = buckets.clips_digest
    return "current" if made_of and made_of == clips_digest(lake, table.version) else "stale"


def stored_buckets_state(lake: Lake) -> dict[str, str] | None:
    """The id of the newest buckets of the usual choice, and whether they are stale; None where there are none."""
    try:
        buckets = load_buckets(lake)
    except LakeError:
        return None
    return {"id": buckets.id, "state": bucket_state(lake, buckets)}


def _lines(batch: pa.RecordBatch) -> bytes:
    """A line a clip; the revision stands in for the digest where an older release wrote none."""
    clips, digests, revisions = (batch[name].to_pylist() for name in _COLUMNS)
    rows = zip(clips, digests, revisions, strict=True)
    return "".join(f"{clip} {digest or revision or '-'}\n" for clip, digest, revision in rows).encode()
