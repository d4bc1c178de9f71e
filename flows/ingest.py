"""Raw video to Lance tables: probe and hash, cut, frame the speaker, make clips, annotate, write, report."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import flow, runtime, states, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture, as_completed
from prefect.states import Completed, Failed, State
from prefect.task_runners import ThreadPoolTaskRunner

from datasets.errors import UserError
from datasets.lake import Lake
from datasets.rows import table_of
from datasets.sources.source import open_source
from flows import progress
from flows.accounting import Counts
from flows.ingest_config import IngestConfig
from flows.lake_lock import sole_writer
from flows.ledger import RunRecord, recorded
from flows.ray_session import Cancelled, ray_session
from flows.report import write_report
from flows.shard_work import ShardOutcome, ShardWork
from flows.shards import Shard, plan_shards

REFUSED = "Refused"  # the name of a run's state when its source, lake or configuration cannot be used
_SHARDS_AT_ONCE = 4  # threads that wait on Ray; the end of one shard overlaps the start of the next


class ShardsFailed(Exception):
    """Some shards ended in an error of ours; the others were committed."""


def _run_name() -> str:
    config = runtime.flow_run.parameters["config"]
    name = config["dataset"] if isinstance(config, dict) else config.dataset
    return f"ingest-{name}" if name else "ingest"


@flow(
    name="ingest",
    description="Cut raw video into clips of its speaker, annotate them and write them to the lake.",
    flow_run_name=_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=_SHARDS_AT_ONCE),  # type: ignore[arg-type]
)
def ingest(config: IngestConfig) -> State:
    """Ingest a source into a lake; running it again adds nothing.

    A source or a lake that cannot be used ends the run as Failed with one sentence. Bad media does not: it
    becomes rows with a reason.
    """
    try:
        config.hands.check()  # here, rather than in every worker
        lake = Lake.open(config.lake, create=True)
        downloads = Path(config.downloads) if config.downloads else None
        videos = open_source(config.source, dataset=config.dataset, downloads=downloads, limit=config.limit)
        progress.current().started(len(videos))
        with sole_writer(lake, "ingest"), recorded(lake, "ingest", config) as run:
            ingest_shards(plan_shards(videos, config.videos_per_shard), lake, config, run)
            run.counts.check()
    except (UserError, ShardsFailed) as error:
        return Failed(name=REFUSED if isinstance(error, UserError) else None, message=str(error))
    except OSError as error:  # a full disk, a lost mount
        return Failed(message=f"the run into {config.lake} could not go on: {_last_line(error)}")
    _publish_counts(run.counts)
    return Completed(message=f"{run.counts.sentence()}; {_report(lake, config)}")


def ingest_shards(shards: Sequence[Shard], lake: Lake, config: IngestConfig, run: RunRecord) -> None:
    """Work through the shards side by side and commit each as it is done, from this thread alone."""
    with _scratch(run.run_id) as scratch, ray_session(config.ray_address) as session:
        work = ShardWork(session, lake, config, run.run_id, scratch)
        pending = [ingest_shard.submit(shard, work) for shard in shards]
        for done in _finished(pending):
            commit(lake, done)
            run.counts += done.outcome.counts
            progress.current().advanced(run.counts)


@task(task_run_name="{shard.name}", cache_policy=NO_CACHE)
def ingest_shard(shard: Shard, work: ShardWork) -> ShardOutcome:
    """Probe, hash, cut, frame, encode and annotate the videos of one shard."""
    try:
        return work.run(shard)
    except Cancelled:
        return states.Cancelled(message="the run was stopped")  # type: ignore[return-value]


def commit(lake: Lake, done: ShardOutcome) -> None:
    """Media before labels before videos: a video in its table is whole, and a run that dies here is made good
    by the next, which finds the clips it has."""
    fragments = done.outcome.fragments
    lake.append("clip_media", fragments.get("clip_media", []))
    lake.append("clips", fragments.get("clips", []))
    lake.upsert("videos", table_of("videos", done.videos), on="video_id")


def _finished(pending: Sequence[PrefectFuture[ShardOutcome]]) -> Iterator[ShardOutcome]:
    """Outcomes as they come; shards that failed are told together, once the others are done."""
    failures = []
    for future in as_completed(list(pending)):
        try:
            outcome = future.result()
        except Exception as error:
            failures.append(error)
        else:
            yield outcome
    if failures:
        message = f"{len(failures)} of {len(pending)} shards failed, the first with {_last_line(failures[0])}"
        raise ShardsFailed(message) from failures[0]


def _last_line(error: Exception) -> str:
    """What happened; a worker's error holds its whole traceback, which the task's log has."""
    return (str(error).strip() or repr(error)).splitlines()[-1]


@contextmanager
def _scratch(run_id: str) -> Iterator[Path]:
    """A folder for stills and copies, the same path on every node; removed on this one."""
    folder = Path(tempfile.gettempdir()) / f"emo2-{run_id}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _report(lake: Lake, config: IngestConfig) -> str:
    """Writes the report and tells where it is; a report that fails does not undo the ingest.

    It goes where it was asked for, else beside a local lake.
    """
    if not config.report and "://" in lake.uri:
        return f"no report: run `emo2 report --lake {lake.uri} --out FILE`"
    out = Path(config.report) if config.report else Path(lake.uri) / "report.html"
    try:
        write_report(lake, out)
    except (UserError, OSError) as error:
        return f"no report: {_last_line(error)}"
    return f"report: {out}"


def _publish_counts(counts: Counts) -> None:
    rows: list[dict[str, Any]] = [
        {"what": name, "count": value} for name, value in counts.as_dict().items() if name != "reasons"
    ]
    rows += [{"what": f"reason: {name}", "count": count} for name, count in sorted(counts.reasons.items())]
    create_table_artifact(table=rows, key="ingest-counts", description="What went in and what came out")
