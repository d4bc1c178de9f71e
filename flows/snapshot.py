"""Freeze a choice of clips under a name, for training to read."""

from prefect import flow, runtime
from prefect.artifacts import create_table_artifact
from prefect.states import Completed, State

from datasets.snapshots.snapshot import Snapshot
from flows.run_states import FAILURES, failed
from flows.snapshots.config import SnapshotConfig
from flows.snapshots.work import remarks, sentence, take_snapshot


def _run_name() -> str:
    config = runtime.flow_run.parameters["config"]
    return f"snapshot-{config['name'] if isinstance(config, dict) else config.name}"


@flow(
    name="snapshot",
    description="Freeze a choice of clips at fixed versions of all tables, with splits that do not leak.",
    flow_run_name=_run_name,
)
def snapshot(config: SnapshotConfig) -> State:
    """Put the splits right, tag every table and write down what was chosen."""
    try:
        made = take_snapshot(config)
    except FAILURES as error:
        return failed(error, config.lake)
    _publish(made)
    return Completed(message=". ".join([sentence(made), *remarks(made)]))


def _publish(made: Snapshot) -> None:
    rows = [
        {"slot": slot, "version/parameters": version, "clips": clips}
        for slot, kinds in made.annotators.items()
        for version, clips in kinds.items()
    ]
    create_table_artifact(table=rows, key="snapshot", description=sentence(made))
