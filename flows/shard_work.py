"""A shard's videos through Ray: identified, claimed, surveyed, made into clips, and committed in groups."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from datasets.identity import params_hash
from datasets.lake import Lake
from flows import ray_tasks
from flows.accounting import Counts
from flows.claims import Claims, Found
from flows.clip_plan import batches
from flows.group_commit import GroupCommit, Uncommitted
from flows.ingest_config import IngestConfig
from flows.ray_session import RaySession
from flows.shards import Shard
from flows.task_queue import TaskQueue
from flows.work import Outcome, Surveyed

_WHAT_IS_MADE = {"annotators", "hands", "thresholds"}  # fields of the configuration that change a clip


@dataclass(frozen=True)
class ShardOutcome:
    """What a shard came to; what it made is committed."""

    counts: Counts = field(default_factory=Counts)
    busy: tuple[Found, ...] = ()  # another run has these in hand; not counted


class ShardWork:
    """Runs shards of one ingest; called from several threads."""

    def __init__(
        self,
        session: RaySession,
        lake: Lake,
        config: IngestConfig,
        run_id: str,
        scratch: Path,
        *,
        retry: bool = False,
        advanced: Callable[[Counts], None] = lambda counts: None,
    ):
        """retry: what is quarantined is tried again; advanced: told what each commit adds, from any thread."""
        self._session, self._lake, self._config, self._retry = session, lake, config, retry
        self._context = (lake, config, run_id, scratch, retry)
        made = params_hash(config.model_dump(mode="json", include=_WHAT_IS_MADE))
        self._claims = Claims(lake, run_id, retry=retry, config=made)
        self._advanced = advanced
        self._uncommitted = Uncommitted(config.clips_at_risk)
        self._resources = ray_tasks.make_resources(config)

    def run(self, shard: Shard) -> ShardOutcome:
        """Work through one shard; raises what a worker raised, or `Cancelled`."""
        taken = self._claims.take(list(self._identified(shard)))
        counts = Counts(
            videos=len(shard.videos) - len(taken.busy),
            videos_known=taken.known,
            videos_forgotten=taken.forgotten,
        )
        self._advanced(counts)
        for committed in self._committed(taken.mine, taken.shard):
            self._advanced(committed)
            counts += committed
        return ShardOutcome(counts, taken.busy)

    def free(self, busy: Sequence[Found]) -> list[Found]:
        """Those that no other run has in hand any more."""
        return self._claims.free(busy)

    def _identified(self, shard: Shard) -> Iterator[Found]:
        calls = ((self._context, video) for video in shard.videos)
        for (_, video), identity in self._session.map(ray_tasks.identify, calls):
            yield Found(video, identity)

    def _committed(self, mine: tuple[Found, ...], shard: Any) -> Iterator[Counts]:
        """What each commit came to; the last one closes the shard in the ledger."""
        if not mine:
            return
        every_s = self._config.commit_every_s
        group = GroupCommit(self._lake, every_s=every_s, uncommitted=self._uncommitted, retry=self._retry)
        for outcome, row in self._made(mine):
            group.add(outcome)
            if row is not None:
                group.add_video(row)
            if group.is_due:
                yield group.commit()
        yield group.commit(replace(shard, state="committed"))

    def _made(self, mine: tuple[Found, ...]) -> Iterator[tuple[Outcome, dict[str, Any] | None]]:
        """What was made, and with the last clips of a video its row."""
        queue, left, rows = TaskQueue(self._session), Counter[int](), dict[int, dict[str, Any]]()
        for index, found in enumerate(mine):
            queue.put(index, ray_tasks.survey, self._context, found.source, found.identity)
        for index, value in queue.results():
            if isinstance(value, Surveyed):
                left[index] = self._start_clips(queue, index, mine[index], value)
                rows[index] = value.video | {"spans": self._claims.spans(mine[index].identity.video_id)}
                yield value.outcome, None if left[index] else rows[index]
            else:
                left[index] -= 1
                yield value, None if left[index] else rows[index]

    def _start_clips(self, queue: TaskQueue, index: int, found: Found, surveyed: Surveyed) -> int:
        """Put the clips of a surveyed video before all that waits, so that videos are finished one by one."""
        grouped = batches(list(surveyed.plans), self._config.frames_per_batch)
        make = ray_tasks.make.options(**self._resources)
        for plans in reversed(grouped):
            queue.put(index, make, self._context, found.source, found.identity, tuple(plans), soon=True)
        return len(grouped)
