"""The stale clips of a re-annotation, shard by shard, and one commit when all are written."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from prefect import states, task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import CancelledRun
from prefect.futures import PrefectFuture, as_completed

from datasets.lake import Lake
from flows import progress
from flows.ledger import RunRecord
from flows.ray_session import Cancelled, RaySession, cluster_words, ray_session
from flows.reannotation.commit import Committed, commit_left_over, commit_written
from flows.reannotation.config import ReannotateConfig
from flows.reannotation.counts import ReannotateCounts
from flows.reannotation.plan import Plan, StaleShard, plan_reannotation
from flows.reannotation.shard_work import ShardDone, StaleShardWork
from flows.reannotation.target import Target
from flows.reannotation.tasks import Context
from flows.run_page import worker_log
from flows.run_states import ShardsFailed, last_line

SHARDS_AT_ONCE = 2  # threads that wait on Ray; the end of one shard overlaps the start of the next
_ROUNDS = 5  # until no fragment was changed by others between plan and commit


class Reannotation:
    """One run: what it is for, and what it has come to."""

    def __init__(self, lake: Lake, config: ReannotateConfig, target: Target, run: RunRecord):
        self._lake, self._config, self._target, self._run = lake, config, target, run
        self._listener, self._log = progress.current(), worker_log.current()
        self._numbers = count()  # of shards, which rounds after the first go on with
        self.counts = ReannotateCounts()

    def work(self) -> ReannotateCounts:
        """Do all that is stale; raises ShardsFailed where some of it failed, once the rest is committed."""
        left = commit_left_over(self._lake, self._target.wanted)
        plan = plan_newest(self._lake, self._config, self._target)
        self._add(
            ReannotateCounts(
                chosen=plan.n_clips, waiting=plan.waiting, why=plan.why, resumed=len(left.replaced)
            )
        )
        self._listener.started(plan.n_clips)
        if plan.shards:
            with ray_session(self._config.ray_address) as session:
                self._rounds(session, plan)
        self.counts.check()
        self._refuse_failures()
        return self.counts

    def _rounds(self, session: RaySession, plan: Plan) -> None:
        for _ in range(_ROUNDS):
            outdated = self._round(session, plan).outdated
            if not outdated:
                return
            plan = plan_newest(self._lake, self._config, self._target, only=frozenset(outdated))
            self._add(ReannotateCounts(gone=len(outdated) - plan.n_clips))
        raise ShardsFailed(
            f"other runs kept changing the clips of {self._lake.uri}: run this again once they have ended"
        )

    def _round(self, session: RaySession, plan: Plan) -> Committed:
        context = Context(self._lake, self._target, plan.version, self._run.run_id)
        work = StaleShardWork(session, context, self._config.batch_frames(self._target.needs))
        self._log.info(f"{plan.n_clips} stale clips in {len(plan.shards)} shards; {cluster_words()}")
        shards = [replace(shard, index=next(self._numbers)) for shard in plan.shards]
        pending = [reannotate_shard.submit(shard, work) for shard in shards]
        written, failure = [], None
        try:
            for done in _finished(pending):
                self._add(done.counts)
                if done.row is None:
                    raise ShardsFailed(_all_failed(done))
                written.append(done.row)
        except ShardsFailed as error:
            failure = error
        committed = commit_written(self._lake, written)
        self._tell_commit(committed)
        self._add(ReannotateCounts(replaced=len(committed.replaced)))
        if failure:
            raise failure
        return committed

    def _tell_commit(self, committed: Committed) -> None:
        if committed.replaced:
            version = self._lake.table("clips").version
            told = f"committed {self._target.slot} of {len(committed.replaced)} clips"
            self._log.info(f"{told}; clips.lance version {version}")

    def _add(self, more: ReannotateCounts) -> None:
        self.counts += more
        self._run.counts = self.counts
        note = f"{self.counts.failed} failed" if self.counts.failed else ""
        self._listener.advanced(self.counts.annotated + self.counts.failed, note)

    def _refuse_failures(self) -> None:
        if self.counts.failures:
            first = self.counts.failures[0]
            told = self.counts.sentence(self._target.slot)
            raise ShardsFailed(f"{told}; the first, clip {first.clip_id}: {first.sentence}")


@task(task_run_name="{shard.name}", cache_policy=NO_CACHE)
def reannotate_shard(shard: StaleShard, work: StaleShardWork) -> ShardDone:
    """Annotate the stale clips of some fragments and write their new columns."""
    try:
        return work.run(shard)
    except Cancelled:
        return states.Cancelled(message="the run was stopped")  # type: ignore[return-value]


def plan_newest(
    lake: Lake, config: ReannotateConfig, target: Target, *, only: frozenset[str] | None = None
) -> Plan:
    """The plan at the newest version of `clips`, of all that is chosen or of `only` these clips."""
    return plan_reannotation(
        lake.table("clips"),
        target.wanted,
        where=config.where if only is None else None,
        limit=config.limit,
        only=only,
        clips_per_shard=config.clips_per_shard,
    )


def _finished(pending: Sequence[PrefectFuture[ShardDone]]) -> Iterator[ShardDone]:
    """Shards as they are done; those that failed are told together, once the others are."""
    failures = []
    for future in as_completed(list(pending)):
        try:
            done = future.result()
        except CancelledRun as error:
            raise Cancelled("the run was stopped") from error
        except Exception as error:
            failures.append(error)
        else:
            yield done
    if failures:
        message = f"{len(failures)} of {len(pending)} shards failed, the first with {last_line(failures[0])}"
        raise ShardsFailed(message) from failures[0]


def _all_failed(done: ShardDone) -> str:
    first = done.counts.failures[0]
    return f"every clip of a shard failed, the first, {first.clip_id}: {first.sentence}"
