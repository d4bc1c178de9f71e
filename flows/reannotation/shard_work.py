"""A shard of stale clips through Ray: annotated, written beside the table, noted in the ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import pyarrow as pa
from ray import ObjectRef
from ray.exceptions import OutOfMemoryError, WorkerCrashedError

from datasets.staleness import StaleClip
from flows import progress
from flows.lacking import tell_missing
from flows.ray_session import RaySession
from flows.reannotation import tasks
from flows.reannotation.commit import written_row
from flows.reannotation.counts import ReannotateCounts
from flows.reannotation.plan import StaleShard, batches
from flows.reannotation.tasks import Context
from flows.reannotation.work import Annotated, Failure
from flows.run_page import worker_log
from flows.shard_ledger import ShardRow, put_shards

_CRASHES = (WorkerCrashedError, OutOfMemoryError)


@dataclass(frozen=True)
class ShardDone:
    """What a shard came to; nothing of it is committed."""

    row: ShardRow | None  # of the ledger; None where every clip failed
    counts: ReannotateCounts


class StaleShardWork:
    """Runs shards of one plan; called from several threads.

    Ray takes tasks in the order they come, so a shard's are all at work before the next one's begin: a kill costs
    what one shard has ready, and the head of the next. Tells the listener and the run's log, those of the context
    that it was made in, how it goes.
    """

    def __init__(self, session: RaySession, context: Context, batch_frames: int):
        self._session, self._context, self._batch_frames = session, context, batch_frames
        self._turn = Lock()
        self._listener, self._log = progress.current(), worker_log.current()

    def run(self, shard: StaleShard) -> ShardDone:
        """Work through one shard; raises what a worker raised, or `Cancelled`."""
        done = list(self._annotated(shard))
        failures = tuple(failure for each in done for failure in each.failures)
        tables = [each.rows for each in done if each.rows is not None]
        for rows in tables:
            tell_missing(rows, self._log, self._listener)
        counts = ReannotateCounts(
            annotated=sum(map(len, tables)),
            failed=len(failures),
            failures=failures,
            costs=sum((each.costs for each in done[1:]), done[0].costs),
        )
        self._tell(shard, counts)
        return ShardDone(self._written(shard, tables) if tables else None, counts)

    def _annotated(self, shard: StaleShard) -> Iterator[Annotated]:
        grouped = batches(shard.clips, self._batch_frames)
        with self._turn:
            started = [(clips, self._start(clips)) for clips in grouped]
        for clips, ref in started:
            try:
                made = [self._result(ref)]
            except _CRASHES:
                made = list(self._one_by_one(clips))
            self._listener.made(len(clips), sum(clip.n_frames for clip in clips), len(clips))
            yield from made

    def _one_by_one(self, clips: Sequence[StaleClip]) -> Iterator[Annotated]:
        """After a process died: each clip alone, to find the one at fault."""
        for clip in clips:
            try:
                yield self._result(self._start((clip,), max_retries=1))
            except _CRASHES as error:
                sentence = f"the process that annotated it died ({type(error).__name__})"
                yield Annotated(failures=(Failure(clip.clip_id, sentence),))

    def _start(self, clips: Sequence[StaleClip], **options: int) -> ObjectRef:
        clip_ids = [clip.clip_id for clip in clips]
        fragment_ids = sorted({clip.fragment_id for clip in clips})
        return tasks.start(self._session, self._context, clip_ids, fragment_ids, **options)

    def _result(self, ref: ObjectRef) -> Annotated:
        ((_, value),) = self._session.results([ref])
        return value

    def _written(self, shard: StaleShard, tables: Sequence[pa.Table]) -> ShardRow:
        ref = self._session.submit(tasks.write, self._context, shard, *tables)
        ((_, replacements),) = self._session.results([ref])
        row = written_row(shard.shard_id, self._context.run_id, self._context.target.wanted, replacements)
        put_shards(self._context.lake, [row])
        return row

    def _tell(self, shard: StaleShard, counts: ReannotateCounts) -> None:
        told = f"{shard.name}: {counts.annotated} clips annotated"
        if counts.failures:
            first = counts.failures[0]
            self._log.warning(
                f"{told}, {counts.failed} failed; the first, clip {first.clip_id}: {first.sentence}"
            )
        else:
            self._log.info(told)
