"""Freeze a choice of clips under a name, for training to read."""

from prefect import flow
from prefect.states import Completed, State

from datasets.lake import Lake
from flows.forms import checked
from flows.ledger import RunRecord
from flows.run_page.counts import counts, of_snapshot
from flows.run_page.names import given, named_by
from flows.run_page.publish import artifacts
from flows.run_page.versions import versions
from flows.run_states import failed_run
from flows.snapshots.config import SnapshotConfig
from flows.snapshots.work import SnapshotCounts, remarks, sentence, take_snapshot

_PAGE = (counts(of_snapshot, "What the snapshot holds"), versions())


@flow(
    name="snapshot",
    description="Freeze a choice of clips at fixed versions of all tables, with splits that do not leak.",
    flow_run_name=named_by(lambda config: given(config, "name"), dated=False),
    validate_parameters=False,
)
def snapshot(config: SnapshotConfig) -> State:
    """Put the splits right, tag every table and write down what was chosen."""
    try:
        config = checked(SnapshotConfig, config)
        with artifacts(Lake.open(config.lake), *_PAGE) as page:
            made = take_snapshot(config)
            page.run = RunRecord(made.run_id or "", SnapshotCounts(made.counts))
    except Exception as error:
        return failed_run(error, config)
    return Completed(message=". ".join([sentence(made), *remarks(made)]))
