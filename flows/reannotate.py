"""A newer annotator over an old lake: one slot's columns of the stale clips, replaced in one commit."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from prefect import flow
from prefect.states import Completed, State
from prefect.task_runners import ThreadPoolTaskRunner

from annotators.registry import annotator_class, readers_of
from annotators.speaking import JUDGED_SLOT
from datasets.errors import UserError
from datasets.lake import Lake, LakeError
from datasets.locks.commit_lock import committing
from datasets.motion.freshness import stored_buckets_state
from datasets.staleness import changed_inputs
from flows.forms import checked
from flows.ledger import RunRecord, live_runs, recorded
from flows.ray_head import refuse_silent_head
from flows.ray_session import Cancelled
from flows.reannotation.commit import FLOW
from flows.reannotation.config import ReannotateConfig
from flows.reannotation.counts import ReannotateCounts
from flows.reannotation.shards import SHARDS_AT_ONCE, Reannotation
from flows.reannotation.target import target_of
from flows.run_page.contact_sheets import contact_sheets
from flows.run_page.counts import counts, of_reannotation
from flows.run_page.names import named_by, slot_or_class
from flows.run_page.publish import Piece, artifacts
from flows.run_page.versions import versions
from flows.run_page.watching import watching
from flows.run_states import failed_run, stopped

_IN_BUCKETS = ("motion", JUDGED_SLOT)  # of these slots and of what is kept the motion buckets are made


@flow(
    name=FLOW,
    description="Run one annotator again over the clips whose columns are stale, and replace just those.",
    flow_run_name=named_by(slot_or_class),
    task_runner=ThreadPoolTaskRunner(max_workers=SHARDS_AT_ONCE),  # type: ignore[arg-type]
    validate_parameters=False,
)
def reannotate(config: ReannotateConfig) -> State:
    """Bring one slot up to date; running it again goes on where it was stopped, and then changes nothing.

    Clips that cannot be done keep their values and end the run as Failed, after the others are committed.
    """
    try:
        config = checked(ReannotateConfig, config)
        refuse_silent_head(config.ray_address)
        lake = Lake.open(config.lake, upgrade=True)
        target = target_of(config)
        target.check()
        with (
            artifacts(lake, *_page(target.slot), unless=(Cancelled,)) as page,
            watching("clips"),
            sole_reannotation(lake, config, target.slot) as run,
        ):
            page.run = run
            counted = Reannotation(lake, config, target, run).work()
    except Cancelled:
        return stopped()
    except Exception as error:
        return failed_run(error, config)
    return Completed(message="; ".join([counted.sentence(target.slot), *remarks(lake, target.slot, counted)]))


def _page(slot: str) -> Sequence[Piece]:
    """What the run's page shows; its clips are those whose newest labels it wrote."""
    run_id = f"{slot}_src.run_id"
    table = counts(of_reannotation, f"Clips whose {slot} was stale")
    return table, versions({"clips": run_id}), contact_sheets(run_id)


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
    if slot in _IN_BUCKETS and (stored_buckets_state(lake) or {}).get("state") == "stale":
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
