"""The videos of an ingest, shard by shard; what can be made of them is committed when this ends."""

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Lock

from prefect import states, task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import CancelledRun
from prefect.futures import PrefectFuture, as_completed

from datasets.lake import Lake
from datasets.sources.video import SourceVideo
from flows import progress
from flows.accounting import Counts
from flows.claims import Found
from flows.costs import Costs
from flows.ingest_config import IngestConfig
from flows.ledger import RunRecord
from flows.ray_session import Cancelled, RaySession, cluster_words, ray_session
from flows.run_page import worker_log
from flows.run_states import ShardsFailed, last_line
from flows.shard_work import ShardOutcome, ShardWork
from flows.shards import Shard, plan_shards

SHARDS_AT_ONCE = 2  # threads that wait on Ray; the end of one shard overlaps the start of the next
_OTHERS_POLL_S = 2.0


def ingest_videos(
    videos: Sequence[SourceVideo],
    lake: Lake,
    config: IngestConfig,
    run: RunRecord,
    *,
    retry: bool = False,
    numbers: Iterator[int] | None = None,
) -> Counts:
    """Work through the videos shard by shard; those that another run has in hand come last.

    Once that run has committed them they are known; where it died they are taken over. numbers: of the shards, from
    0 unless told; for a run that calls this more than once. Its counts add up over the calls. Raises ShardsFailed,
    or Cancelled where the session was stopped.
    """
    tally, numbers = _Tally(run, progress.current()), numbers or count()
    with (
        _scratch(run.run_id) as scratch,
        ray_session(config.ray_address) as session,
        _held_cores(tally, session),
    ):
        work = ShardWork(session, lake, config, run.run_id, scratch, retry=retry, advanced=tally.add)
        busy = _run_shards(videos, work, config, numbers)
        while busy:
            free = work.free(busy)
            if not free:
                time.sleep(_OTHERS_POLL_S)
                continue
            again = [found.source for found in busy if found in free]
            busy = [found for found in busy if found not in free] + _run_shards(again, work, config, numbers)
    return tally.counts


@contextmanager
def _held_cores(tally: "_Tally", session: RaySession) -> Iterator[None]:
    """Counts the cores of the cluster for as long as the block holds them."""
    began_s = time.monotonic()
    try:
        yield
    finally:
        held_core_s = session.cpus() * (time.monotonic() - began_s)
        tally.add(Counts(costs=Costs(held_core_s=held_core_s)))


def _run_shards(
    videos: Sequence[SourceVideo], work: ShardWork, config: IngestConfig, numbers: Iterator[int]
) -> list[Found]:
    """Work through the videos, one task a shard, side by side; those that another run has in hand."""
    shards = plan_shards(videos, config.videos_per_shard, numbers)
    worker_log.current().info(f"{len(videos)} videos in {len(shards)} shards; {cluster_words()}")
    pending = [ingest_shard.submit(shard, work) for shard in shards]
    return [found for outcome in _finished(pending) for found in outcome.busy]


@task(task_run_name="{shard.name}", cache_policy=NO_CACHE)
def ingest_shard(shard: Shard, work: ShardWork) -> ShardOutcome:
    """Probe, hash, cut, frame, encode, annotate and commit the videos of one shard."""
    try:
        return work.run(shard)
    except Cancelled:
        return states.Cancelled(message="the run was stopped")  # type: ignore[return-value]


class _Tally:
    """Counts of one call, added up from the threads of its shards; the run's are those and what it had before."""

    def __init__(self, run: RunRecord, listener: progress.Listener):
        self.counts = Counts()
        self._before = run.counts if isinstance(run.counts, Counts) else Counts()
        self._run, self._listener, self._lock = run, listener, Lock()

    def add(self, more: Counts) -> None:
        with self._lock:
            self.counts += more
            self._run.counts = of_run = self._before + self.counts
            note = f"{of_run.clips_kept} of {of_run.clips} clips kept" if of_run.clips else ""
            self._listener.advanced(of_run.videos_done, note)


def _finished(pending: Sequence[PrefectFuture[ShardOutcome]]) -> Iterator[ShardOutcome]:
    """Outcomes as they come; shards that failed are told together, once the others are done."""
    failures = []
    for future in as_completed(list(pending)):
        try:
            outcome = future.result()
        except CancelledRun as error:
            raise Cancelled("the run was stopped") from error
        except Exception as error:
            failures.append(error)
        else:
            yield outcome
    if failures:
        message = f"{len(failures)} of {len(pending)} shards failed, the first with {last_line(failures[0])}"
        raise ShardsFailed(message) from failures[0]


@contextmanager
def _scratch(run_id: str) -> Iterator[Path]:
    """A folder for stills and copies, the same path on every node; removed on this one."""
    folder = Path(tempfile.gettempdir()) / f"emo2-{run_id}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
