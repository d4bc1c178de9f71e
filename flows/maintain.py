"""Upkeep of a lake on a schedule or on demand: fragments, versions, orphan files, killed runs."""

from prefect import flow
from prefect.states import Completed, State

from datasets.lake import Lake
from flows.forms import checked
from flows.ledger import RunRecord
from flows.run_page.counts import counts, of_upkeep
from flows.run_page.names import named_by, nothing
from flows.run_page.publish import artifacts
from flows.run_page.versions import versions
from flows.run_states import failed_run
from flows.upkeep.maintain_config import MaintainConfig
from flows.upkeep.maintain_report import UpkeepCounts, notes
from flows.upkeep.maintain_work import FLOW, maintain_lake

_PAGE = (counts(of_upkeep, "What was found and done, in the lake and in its tables"), versions())


@flow(
    name=FLOW,
    description="Merge small fragments, remove old versions that no snapshot or run needs, report orphan files.",
    flow_run_name=named_by(nothing),
    validate_parameters=False,
)
def maintain(config: MaintainConfig) -> State:
    """Keep up a lake beside its ingests and re-annotations; safe to schedule."""
    try:
        config = checked(MaintainConfig, config)
        with artifacts(Lake.open(config.lake, upgrade=not config.dry_run), *_PAGE) as page:
            done = maintain_lake(config)
            page.run = RunRecord("", UpkeepCounts(done))
    except Exception as error:
        return failed_run(error, config)
    return Completed(message="; ".join([done.sentence(config.lake), *notes(done)]))
