"""Promote a snapshot: find it whole, mark it, and tell the server, whose triggers go on from there."""

from prefect import flow, runtime
from prefect.states import Completed, State

from flows.forms import checked
from flows.promotion.config import PromoteConfig
from flows.promotion.event import emit_promoted
from flows.promotion.work import FLOW, promote
from flows.run_page.names import given, run_name
from flows.run_states import failed_run


def _run_name() -> str:
    return run_name("promote", given((runtime.flow_run.parameters or {}).get("config"), "name"), None)


@flow(
    name=FLOW,
    description="Verify that a snapshot is whole, mark it as promoted, and have a training proposed.",
    flow_run_name=_run_name,
    validate_parameters=False,
)
def promote_snapshot(config: PromoteConfig) -> State:
    """Promoting twice changes nothing, and tells nobody a second time."""
    try:
        done = promote(checked(PromoteConfig, config))
    except Exception as error:
        return failed_run(error, config)
    if done.is_new:
        emit_promoted(done.snapshot)
    return Completed(message=done.sentence)
