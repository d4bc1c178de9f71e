"""Raw video to Lance tables: probe and hash, cut, frame the speaker, make clips, annotate, write, report."""

from pathlib import Path

from prefect import flow
from prefect.states import Completed, State
from prefect.task_runners import ThreadPoolTaskRunner

from datasets.errors import UserError
from datasets.lake import Lake
from datasets.sources.source import open_source
from flows import progress
from flows.forms import checked
from flows.ingest_config import IngestConfig
from flows.ingest_shards import SHARDS_AT_ONCE, ingest_videos
from flows.ledger import recorded
from flows.ray_head import refuse_silent_head
from flows.ray_session import Cancelled
from flows.report import write_report
from flows.roots import refuse_outside_each
from flows.run_page.contact_sheets import contact_sheets
from flows.run_page.counts import counts, of_ingest
from flows.run_page.names import dataset_or_source, named_by
from flows.run_page.publish import artifacts
from flows.run_page.quarantine import quarantine
from flows.run_page.versions import versions
from flows.run_page.watching import watching
from flows.run_states import failed_run, last_line, stopped

_PAGE = (counts(of_ingest, "What went in and what came of it"), versions(), quarantine, contact_sheets())


@flow(
    name="ingest",
    description="Cut raw video into clips of its speaker, annotate them and write them to the lake.",
    flow_run_name=named_by(dataset_or_source),
    task_runner=ThreadPoolTaskRunner(max_workers=SHARDS_AT_ONCE),  # type: ignore[arg-type]
    validate_parameters=False,
)
def ingest(config: IngestConfig) -> State:
    """Ingest a source into a lake; running it again adds nothing.

    A form, a source or a lake that cannot be used ends the run as Refused with one sentence. Bad media does not: it
    becomes rows with a reason.
    """
    try:
        config = checked(IngestConfig, config)
        config.hands.check()  # here, rather than in every worker
        refuse_silent_head(config.ray_address)
        lake = Lake.open(config.lake, create=True)
        downloads = Path(config.downloads) if config.downloads else None
        videos = open_source(config.source, dataset=config.dataset, downloads=downloads, limit=config.limit)
        refuse_outside_each((video.uri for video in videos), "A video of the source")
        with artifacts(lake, *_PAGE, unless=(Cancelled,)) as page, watching("videos"):
            progress.current().started(len(videos))
            with recorded(lake, "ingest", config) as run:
                page.run = run
                counted = ingest_videos(videos, lake, config, run)
                counted.check()
    except Cancelled:
        return stopped()
    except Exception as error:
        return failed_run(error, config)
    return Completed(message=f"{counted.sentence()}; {_report(lake, config)}")


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
