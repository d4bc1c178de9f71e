"""A newer annotator over an old lake: one slot's columns of the stale clips, replaced in one commit."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from prefect import flow, runtime
from prefect.artifacts import create_table_artifact
from prefect.states import Completed, State
from prefect.task_runners import ThreadPoolTaskRunner

from annotators.registry import annotator_class, readers_of
from datasets.errors import UserError
from datasets.lake import Lake, LakeError
from datasets.locks.commit_lock import committing
from datasets.motion.freshness import stored_buckets_state
from datasets.staleness import changed_inputs
from flows.ledger import RunRecord, live_runs, recorded
from flows.reannotation.commit import FLOW
from flows.reannotation.config import ReannotateConfig
from flows.reannotation.counts import ReannotateCounts
from flows.reannotation.shards import SHARDS_AT_ONCE, Reannotation
from flows.reannotation.target import target_of
from flows.run_states import FAILURES, failed


def _run_name() -> str:
    config = runtime.flow_run.parameters["config"]
    name = config["annotator"] if isinstance(config, dict) else config.annotator
    return f"reannotate-{name.rpartition(':')[-1]}"


@flow(
    name=FLOW,
    description="Run one annotator again over the clips whose columns are stale, and replace just those.",
    flow_run_name=_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=SHARDS_AT_ONCE),  # type: ignore[arg-type]
)
def reannotate(config: ReannotateConfig) -> State:
    """Bring one slot up to date; running it again goes on where it was stopped, and then changes nothing.

    Clips that cannot be done keep their values and end the run as Failed, after the others are committed.
    """
    try:
        lake = Lake.open(config.lake, upgrade=True)
        target = target_of(config)
        with sole_reannotation(lake, config, target.slot) as run:
            counts = Reannotation(lake, config, target, run).work()
    except FAILURES as error:
        return failed(error, config.lake)
    _publish_counts(counts, target.slot)
    return Completed(message="; ".join([counts.sentence(target.slot), *remarks(lake, target.slot, counts)]))


@contextmanager
def sole_reannotation(lake: Lake, config: ReannotateConfig, slot: str) -> Iterator[RunRecord]:
    """A run in the ledger, the only one of its slot; raises LakeError where there is another."""
    with ExitStack() as run:
        with committing(lake):  # two that look at once would both find themselves alone
            for other in live_runs(lake, flow=FLOW):
                if _slot_of(other["params"]) in (slot, None):
                    raise LakeError(
                        f"the run {other['run_id']} is re-annotating {slot} in {lake.uri}:"
                        " wait until it has ended, then run this again"
                    )
            record = run.enter_context(recorded(lake, FLOW, config, ReannotateCounts()))
        yield record


def remarks(lake: Lake, slot: str, counts: ReannotateCounts) -> Iterator[str]:
    """What remains to be done, and by which command."""
    command = f"emo2 reannotate --lake {lake.uri} --annotator"
    if counts.waiting:
        yield f"{counts.waiting} stale clips lack a slot that {slot} is derived from and wait for it"
    if slot == "motion" and (stored_buckets_state(lake) or {}).get("state") == "stale":
        yield f"the motion buckets are stale now; run `emo2 buckets --lake {lake.uri}`"
    stale = stale_downstream(lake, slot)
    if stale:
        told = ", ".join(f"{name} of {clips} clips" for name, clips in stale.items())
        yield f"stale now: {told}; run " + ", then ".join(f"`{command} {name}`" for name in stale)


def stale_downstream(lake: Lake, slot: str) -> dict[str, int]:
    """Slots whose values were derived from values of `slot` that have been replaced since, and in how many clips."""
    table = lake.table("clips")
    counted = {
        kind.name: table.count_rows(changed_inputs(kind.name, kind.reads)) for kind in readers_of(slot)
    }
    return {name: clips for name, clips in counted.items() if clips}


def _slot_of(params: str) -> str | None:
    """Of a run of this flow; None where its annotator cannot be told any more."""
    try:
        return annotator_class(json.loads(params)["annotator"]).name
    except UserError:
        return None


def _publish_counts(counts: ReannotateCounts, slot: str) -> None:
    values = counts.as_dict()
    rows = [{"what": name, "clips": value} for name, value in values.items() if isinstance(value, int)]
    rows += [{"what": f"stale: {why}", "clips": clips} for why, clips in sorted(counts.why.items())]
    create_table_artifact(table=rows, key="reannotate-counts", description=f"Clips whose {slot} was stale")
