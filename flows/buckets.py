"""Motion buckets of a lake: one pass over the motion of the clips that are trained on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import lance
import numpy as np
import pyarrow as pa
from rich.table import Table

from datasets.lake import Lake, LakeError
from datasets.motion.buckets import MIN_WINDOWS_A_BUCKET, Buckets, BucketsError, quantile_buckets
from datasets.motion.freshness import TRAIN_CLIPS, clips_digest
from datasets.motion.histogram import LogHistogram
from datasets.motion.store import BucketChoice, MotionBuckets
from datasets.motion.windows import SUMS_WIDTH, window_count, window_speed, window_variance, windows_of

MIN_SEEN_SHARE = 0.5  # of a window's frames; a hand seen less has no variance worth the name
_CLIPS_A_BATCH = 256  # 256 clips of 300 frames hold 9 MB of sums
_BATCHES_AHEAD = 4


@dataclass(frozen=True)
class _Tally:
    """What has been read so far; of fixed size."""

    variance: LogHistogram = field(default_factory=LogHistogram)
    speed: LogHistogram = field(default_factory=LogHistogram)
    clips: int = 0
    without_motion: int = 0
    windows: tuple[int, int] = (0, 0)  # in which the left and the right hand count
    versions: frozenset[str] = frozenset()


def compute_buckets(
    lake: Lake,
    choice: BucketChoice,
    *,
    version: int | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> MotionBuckets:
    """Buckets of the kept train clips at one version of the clips table, the newest unless told.

    Both hands go into one set, so that a value means the same for either. Each window counts once for each hand
    that is seen in half of it, with the frames in which it is seen as its weight: a second of motion weighs the
    same in long clips and in short ones. Memory does not grow with the lake. `progress` is told (clips, of).
    Raises LakeError for a version or column that is not there, BucketsError where there is too little motion.
    """
    table = _open(lake, version)
    of, tally = table.count_rows(TRAIN_CLIPS), _Tally()
    for batch in _batches(table):
        tally = _added(tally, batch, choice)
        progress(tally.clips + tally.without_motion, of)
    _check(tally, choice, lake, table.version)
    return MotionBuckets(
        clips_version=table.version,
        window_frames=choice.window_frames,
        stride_frames=choice.step_frames,
        count=choice.count,
        min_seen_share=MIN_SEEN_SHARE,
        clips=tally.clips,
        clips_without_motion=tally.without_motion,
        motion_versions=tuple(sorted(tally.versions)),
        clips_digest=clips_digest(lake, table.version),
        windows_left=tally.windows[0],
        windows_right=tally.windows[1],
        variance=quantile_buckets(tally.variance, choice.count, "variance in m²"),
        speed=quantile_buckets(tally.speed, choice.count, "speed in m/s"),
    )


def bucket_tables(buckets: MotionBuckets) -> list[Table]:
    """The buckets for people: hands wander by the root of the variance."""
    return [
        _table("Variance (as its root, cm)", buckets.variance, lambda log: 100 * np.exp(log / 2)),
        _table("Speed (cm/s)", buckets.speed, lambda log: 100 * np.exp(log)),
    ]


def _table(title: str, buckets: Buckets, shown: Callable[[float], float]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("bucket", "from", "to", "centre (ln)", "radius (ln)"):
        table.add_column(column, justify="right")
    for index, (centre, radius) in enumerate(zip(buckets.centres, buckets.radii, strict=True)):
        edges = (shown(edge) for edge in buckets.edges[index : index + 2])
        table.add_row(str(index), *(f"{edge:.2f}" for edge in edges), f"{centre:.3f}", f"{radius:.3f}")
    return table


def _open(lake: Lake, version: int | None) -> lance.LanceDataset:
    try:
        table = lake.table("clips", version)
    except (OSError, ValueError) as error:
        newest = lake.table("clips").version
        raise LakeError(
            f"the clips table of {lake.uri} has no version {version}: its newest is {newest},"
            " and old ones may have been cleaned up"
        ) from error
    if "motion_sums" not in table.schema.names:
        raise LakeError(
            f"{table.uri} (version {table.version}) has no column motion_sums: it was written by an older release;"
            f" run `{_fill_motion(lake)}`"
        )
    return table


def _batches(table: lance.LanceDataset) -> Iterator[pa.RecordBatch]:
    """Motion of the clips, a few at a time."""
    scanner = table.scanner(
        columns={"sums": "motion_sums", "version": "motion_src.version"},
        filter=TRAIN_CLIPS,
        batch_size=_CLIPS_A_BATCH,
        batch_readahead=_BATCHES_AHEAD,
        fragment_readahead=1,
    )
    yield from scanner.to_batches()


def _added(tally: _Tally, batch: pa.RecordBatch, choice: BucketChoice) -> _Tally:
    """The tally with a batch of clips."""
    clips = [_windows(sums, choice) for sums in _sums(batch["sums"])]
    if not clips:
        return replace(tally, without_motion=tally.without_motion + batch.num_rows)
    weight, variance, speed = (np.concatenate(parts) for parts in zip(*clips, strict=True))
    left, right = (np.isfinite(variance) & (weight > 0)).sum(axis=0).tolist()
    return _Tally(
        variance=_with(tally.variance, variance, weight),
        speed=_with(tally.speed, speed, weight),
        clips=tally.clips + len(clips),
        without_motion=tally.without_motion + batch.num_rows - len(clips),
        windows=(tally.windows[0] + left, tally.windows[1] + right),
        versions=tally.versions | set(batch["version"].drop_null().to_pylist()),
    )


def _sums(column: pa.ListArray) -> Iterator[np.ndarray]:
    """(T, 14) of each clip that has any."""
    flat = column.values.flatten().to_numpy(zero_copy_only=False).reshape(-1, SUMS_WIDTH)
    offsets = column.offsets.to_numpy()
    for start, end, valid in zip(offsets[:-1], offsets[1:], column.is_valid().to_pylist(), strict=True):
        if valid and end > start:
            yield flat[start:end]


def _windows(sums: np.ndarray, choice: BucketChoice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weight, variance and speed of a clip's windows, (windows, 2) each; weight 0 where a hand does not count."""
    starts, ends = windows_of(len(sums), choice.window_frames, choice.step_frames)
    seen = window_count(sums, starts, ends)
    enough = seen >= MIN_SEEN_SHARE * (ends - starts)[:, None]
    return np.where(enough, seen, 0), window_variance(sums, starts, ends), window_speed(sums, starts, ends)


def _with(histogram: LogHistogram, values: np.ndarray, weight: np.ndarray) -> LogHistogram:
    used = np.isfinite(values) & (weight > 0)
    return histogram.with_values(values[used], weight[used])


def _check(tally: _Tally, choice: BucketChoice, lake: Lake, version: int) -> None:
    """Raise where too little was read for buckets that mean something."""
    where = f"the train split of {lake.uri} (clips version {version})"
    if not tally.clips:
        missing = (
            f"{tally.without_motion} kept clips without motion" if tally.without_motion else "no kept clips"
        )
        raise BucketsError(
            f"{where} has {missing}: run `{_fill_motion(lake)}` (body and hands come before it), or ingest more"
        )
    windows, needed = sum(tally.windows), MIN_WINDOWS_A_BUCKET * choice.count
    if windows < needed:
        raise BucketsError(
            f"{where} has {windows} windows of {choice.window_frames} frames in which a hand is seen, and"
            f" {choice.count} buckets need {needed}: ingest more, or lower --count or --window-frames"
        )


def _fill_motion(lake: Lake) -> str:
    """The command that fills the motion slot of every clip that lacks it."""
    return f"emo2 reannotate --lake {lake.uri} --annotator motion"
