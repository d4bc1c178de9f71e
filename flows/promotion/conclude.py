"""A decision carried out: recorded in the ledger, and the training launched where it was approved."""

from dataclasses import replace

from datasets.lake import Lake
from datasets.snapshots.snapshot import open_snapshot
from flows.ledger import recorded
from flows.promotion.config import ProposeConfig
from flows.promotion.decision import FLOW, Decision, Verdict, verdict_of
from flows.promotion.launch import find_deployment, launch


def conclude(config: ProposeConfig, decision: Decision, *, flow_run_id: str) -> Verdict:
    """What was recorded and launched, now or by an earlier attempt of the same run; never twice.

    Raises UserError where a takedown is at work, or has withdrawn the snapshot that was approved.
    """
    lake = Lake.open(config.lake)
    if known := verdict_of(lake, flow_run_id):
        return known
    verdict = Verdict(
        snapshot=config.snapshot,
        decision=decision.decision,
        comment=decision.comment.strip(),
        decided_by=decision.decided_by.strip(),
        flow_run_id=flow_run_id,
        deployment=config.deployment,
    )
    if verdict.is_approved:
        open_snapshot(lake, config.snapshot)
    with recorded(lake, FLOW, config, verdict) as run:
        if verdict.is_approved:
            run.counts = verdict = _launched(config, verdict)
    return verdict


def _launched(config: ProposeConfig, verdict: Verdict) -> Verdict:
    deployment = find_deployment(config.deployment)
    if deployment is None:
        return verdict
    launched_id, launched = launch(config, deployment, key=f"{FLOW}-{verdict.flow_run_id}")
    return replace(verdict, launched=launched, launched_id=launched_id)
