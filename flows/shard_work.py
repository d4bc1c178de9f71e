"""A shard's videos through Ray: identified, claimed, surveyed, made into clips, and committed in groups."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from datasets.identity import params_hash
from datasets.lake import Lake
from flows import progress, ray_tasks
from flows.accounting import Counts
from flows.claims import Claims, Found, Taken
from flows.clip_plan import batches
from flows.group_commit import GroupCommit, Uncommitted
from flows.ingest_config import IngestConfig
from flows.isolated.relay import IsolatedSlots
from flows.isolated.route import route_of
from flows.lacking import tell, tell_missing
from flows.ray_session import RaySession
from flows.run_page import worker_log
from flows.shards import Shard
from flows.task_queue import TaskQueue
from flows.work import Outcome, Surveyed

_SURVEY = 0.1  # the part of a video's work that is its survey, roughly; the rest is making its clips
# Fields of the configuration that change a clip.
_WHAT_IS_MADE = {"annotators", "hands", "models", "thresholds"}


@dataclass(frozen=True)
class ShardOutcome:
    """What a shard came to; what it made is committed."""

    counts: Counts = field(default_factory=Counts)
    busy: tuple[Found, ...] = ()  # another run has these in hand; not counted


@dataclass
class _Video:
    """A surveyed video: its row, and the batches of its clips, of which some are left."""

    row: dict[str, Any]
    batches: int
    left: int


class ShardWork:
    """Runs shards of one ingest; called from several threads.

    Tells the listener and the run's log, those of the context that it was made in, how it goes.
    """

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
        self._route = route_of(config.annotators, config.models)
        self._context = ray_tasks.Context(lake, config, run_id, scratch, retry, self._route)
        made = params_hash(config.model_dump(mode="json", include=_WHAT_IS_MADE))
        self._claims = Claims(lake, run_id, retry=retry, config=made)
        self._advanced, self._listener, self._log = advanced, progress.current(), worker_log.current()
        self._uncommitted = Uncommitted(config.clips_at_risk)
        self._resources = ray_tasks.resources_for(config, self._route.here)
        self._elsewhere = IsolatedSlots(self._context)
        self._tell_left_out()

    def run(self, shard: Shard) -> ShardOutcome:
        """Work through one shard; raises what a worker raised, or `Cancelled`."""
        taken = self._claims.take(list(self._identified(shard)))
        counts = Counts(
            videos=len(shard.videos) - len(taken.busy),
            videos_known=taken.known,
            videos_forgotten=taken.forgotten,
        )
        self._tell_taken(shard, taken)
        self._advanced(counts)
        for committed in self._committed(taken.mine, taken.shard):
            self._tell_commit(committed)
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
        queue, videos = TaskQueue(self._session), dict[int, _Video]()
        for index, found in enumerate(mine):
            queue.put(index, ray_tasks.survey, self._context, found.source, found.identity)
        for tag, value in self._elsewhere.finished(queue):
            index = int(tag)
            if isinstance(value, Surveyed):
                left = self._start_clips(queue, index, mine[index], value)
                row = value.video | {"spans": self._claims.spans(mine[index].identity.video_id)}
                video = videos[index] = _Video(row, left, left)
                self._tell_survey(mine[index], value)
                self._listener.made(0, 0, _SURVEY if left else 1.0)
                yield value.outcome, None if left else row
            else:
                video = videos[index]
                video.left -= 1
                self._tell_made(value, (1 - _SURVEY) / video.batches)
                yield value, None if video.left else video.row

    def _start_clips(self, queue: TaskQueue, index: int, found: Found, surveyed: Surveyed) -> int:
        """Put the clips of a surveyed video before all that waits, so that videos are finished one by one."""
        grouped = batches(list(surveyed.plans), self._config.frames_per_batch)
        make = ray_tasks.make.options(**self._resources)
        for plans in reversed(grouped):
            queue.put(index, make, self._context, found.source, found.identity, tuple(plans), soon=True)
        return len(grouped)

    def _tell_taken(self, shard: Shard, taken: Taken) -> None:
        known = taken.known + taken.forgotten
        self._listener.skipped(known)
        if known:
            self._log.info(f"{shard.name}: {known} of {len(shard.videos)} videos are known already")
        if taken.busy:
            self._log.info(
                f"{shard.name}: {len(taken.busy)} videos are in hand of another run, and come last"
            )

    def _tell_survey(self, found: Found, surveyed: Surveyed) -> None:
        name, row = worker_log.video_name(found.source.uri), surveyed.video
        if row["status"] == "quarantined":
            detail = row["detail"].removeprefix(f"{name}: ")
            self._log.warning(f"{name}: quarantined as {row['reason']}: {detail}")
        else:
            to_make = f"{len(surveyed.plans)} of {row['n_clips']} clips to make"
            self._log.info(f"{name}: {row['duration_s']:.0f} s, {to_make}")

    def _tell_left_out(self) -> None:
        for slot, sentence in self._route.left_out.items():
            tell(f"{slot}: {sentence}", self._log, self._listener)

    def _tell_made(self, outcome: Outcome, units: float) -> None:
        frames = 0 if outcome.clips is None else sum(filter(None, outcome.clips["n_frames"].to_pylist()))
        self._listener.made(0 if outcome.clips is None else len(outcome.clips), frames, units)
        if outcome.clips is not None:
            tell_missing(outcome.clips, self._log, self._listener)

    def _tell_commit(self, counts: Counts) -> None:
        clips = counts.clips_kept + counts.clips_filtered + counts.clips_quarantined
        videos = counts.videos_ingested + counts.videos_quarantined
        if clips or videos:
            version = self._lake.table("clips").version
            self._log.info(f"committed {clips} clips and {videos} videos; clips.lance version {version}")
