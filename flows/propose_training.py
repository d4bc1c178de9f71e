"""Put a snapshot before a person, wait without a process, and launch the training where it is approved."""

from datetime import UTC, datetime, timedelta
from typing import cast

from prefect import flow, runtime, suspend_flow_run
from prefect.client.schemas.objects import FlowRunInput
from prefect.input.actions import filter_flow_run_input, read_flow_run_input
from prefect.input.run_input import Keyset, keyset_from_base_key
from prefect.states import Completed, State

from datasets.errors import UserError
from datasets.lake import Lake
from datasets.snapshots.snapshot import open_snapshot
from flows.forms import checked
from flows.promotion.comparison import changes
from flows.promotion.conclude import conclude
from flows.promotion.config import ProposeConfig
from flows.promotion.decision import FLOW, Decision
from flows.promotion.launch import find_deployment
from flows.run_page.names import given, named_by
from flows.run_page.publish import Artifact, publish
from flows.run_page.snapshot_report import Proposal, figures, report
from flows.run_states import failed_run

ARTIFACT = "snapshot-report"
REJECTED = "Rejected"
_KEY = "decision"
_MOST_INPUTS = 200  # three a question


@flow(
    name=FLOW,
    description="Show what a snapshot holds, wait for approve or reject, and launch the training.",
    flow_run_name=named_by(lambda config: given(config, "snapshot"), dated=False),
    validate_parameters=False,
)
def propose_training(config: ProposeConfig) -> State:
    """Ends its process while it waits, and begins anew when it is resumed: nothing may be done twice."""
    try:
        config = checked(ProposeConfig, config)
        _refuse_without_deployment()
        verdict = conclude(config, _decision(config), flow_run_id=runtime.flow_run.id)
    except Exception as error:
        return failed_run(error, config)
    return Completed(name=None if verdict.is_approved else REJECTED, message=verdict.sentence)


def _refuse_without_deployment() -> None:
    """Without one nobody would go on with the run after the decision."""
    if runtime.deployment.id is None:
        raise UserError(
            "propose-training waits for a decision in the Prefect UI, and a worker goes on with it then:"
            " start it from its deployment, which `make up` registers"
        )


def _decision(config: ProposeConfig) -> Decision:
    """What the person decided; as long as nobody did, the run is suspended here."""
    asked = _times_asked()
    if asked and read_flow_run_input(_keys(asked)["response"]) is not None:
        # A resumed run, or one that is retried after its decision.
        return cast(Decision, Decision.load(_keys(asked)))
    proposal = _proposal(config)
    publish(Artifact(ARTIFACT, report(proposal), f"What a training on {config.snapshot} would see"))
    form = Decision.with_initial_data(description=figures(proposal))
    within_s = max(1, round(config.decide_within_h * 3600))
    return suspend_flow_run(wait_for_input=form, timeout=within_s, key=f"{_KEY}-{asked + 1}")


def _times_asked() -> int:
    """More than once where nobody answered in time and the run was retried."""
    kept = cast(list[FlowRunInput], filter_flow_run_input(f"suspended-{_KEY}-", limit=_MOST_INPUTS))
    return sum(each.key.endswith("-schema") for each in kept)


def _keys(asked: int) -> Keyset:
    """Under which Prefect keeps the form and what the Resume dialog sent."""
    return keyset_from_base_key(f"suspended-{_KEY}-{asked}")


def _proposal(config: ProposeConfig) -> Proposal:
    lake = Lake.open(config.lake)
    snapshot = open_snapshot(lake, config.snapshot)
    return Proposal(
        snapshot,
        changes(lake, snapshot, config.compare_with),
        deployment=config.deployment,
        can_launch=find_deployment(config.deployment) is not None,
        decide_until=datetime.now(UTC) + timedelta(hours=config.decide_within_h),
    )
