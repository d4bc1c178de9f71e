"""Raw video to Lance tables: probe and hash, cut, frame the speaker, make clips, annotate, write, report."""

from pathlib import Path
from typing import Any

from prefect import flow, runtime
from prefect.artifacts import create_table_artifact
from prefect.states import Completed, State
from prefect.task_runners import ThreadPoolTaskRunner

from datasets.errors import UserError
from datasets.lake import Lake
from datasets.sources.source import open_source
from flows import progress
from flows.accounting import Counts
from flows.ingest_config import IngestConfig
from flows.ingest_shards import SHARDS_AT_ONCE, ingest_videos
from flows.ledger import recorded
from flows.report import write_report
from flows.run_states import FAILURES, failed, last_line


def _run_name() -> str:
    config = runtime.flow_run.parameters["config"]
    name = config["dataset"] if isinstance(config, dict) else config.dataset
    return f"ingest-{name}" if name else "ingest"


@flow(
    name="ingest",
    description="Cut raw video into clips of its speaker, annotate them and write them to the lake.",
    flow_run_name=_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=SHARDS_AT_ONCE),  # type: ignore[arg-type]
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
        with recorded(lake, "ingest", config) as run:
            counts = ingest_videos(videos, lake, config, run)
            counts.check()
    except FAILURES as error:
        return failed(error, config.lake)
    _publish_counts(counts)
    return Completed(message=f"{counts.sentence()}; {_report(lake, config)}")


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
        return f"no report: {last_line(error)}"
    return f"report: {out}"


def _publish_counts(counts: Counts) -> None:
    rows: list[dict[str, Any]] = [
        {"what": name, "count": value} for name, value in counts.as_dict().items() if isinstance(value, int)
    ]
    rows += [{"what": f"reason: {name}", "count": count} for name, count in sorted(counts.reasons.items())]
    create_table_artifact(table=rows, key="ingest-counts", description="What went in and what came out")
