"""Upkeep of a lake on a schedule or on demand: fragments, versions, orphan files, killed runs."""

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.states import Completed, State

from flows.run_states import FAILURES, failed
from flows.upkeep.maintain_config import MaintainConfig
from flows.upkeep.maintain_report import Upkeep
from flows.upkeep.maintain_work import maintain_lake


@flow(
    name="maintain",
    description="Merge small fragments, remove old versions that no snapshot or run needs, report orphan files.",
    flow_run_name="maintain",
)
def maintain(config: MaintainConfig) -> State:
    """Keep up a lake beside its ingests and re-annotations; safe to schedule."""
    try:
        done = maintain_lake(config)
    except FAILURES as error:
        return failed(error, config.lake)
    _publish(done)
    return Completed(message=done.sentence(config.lake))


def _publish(done: Upkeep) -> None:
    rows = [each | {"orphans": len(each["orphans"])} for each in done.as_dict()["tables"]]
    create_table_artifact(table=rows, key="upkeep", description="What was done to each table")
