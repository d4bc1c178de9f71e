"""The upkeep of a lake, step by step; free of Prefect, so that it runs in a test or a terminal without a server."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from datasets.lake import Lake, LakeError
from datasets.locks.commit_lock import committing
from datasets.schema import TABLES
from datasets.takedown.takedown import unfinished
from datasets.upkeep.maintenance import (
    Compacted,
    Pins,
    clean_table,
    compact_table,
    delete_orphans,
    find_orphans,
)
from flows.ledger import end_dead_runs, live_runs, recorded
from flows.upkeep.maintain_config import MaintainConfig
from flows.upkeep.maintain_report import TableUpkeep, Upkeep, UpkeepCounts
from flows.upkeep.pins import current_pins
from flows.upkeep.waiting_work import drop_void_work

FLOW, FORGET = "maintain", "forget"
ORPHAN_AGE = timedelta(days=7)
_LARGE = ("clips", "clip_media")  # last: the budget goes to the small ones first


def maintain_lake(config: MaintainConfig, told: Callable[[int, int], None] = lambda done, of: None) -> Upkeep:
    """Keep up one lake and tell what was done; `told` is called with (tables done, of).

    Raises LakeError where there is no lake, where it cannot be written, and beside another maintenance or a takedown.
    """
    if config.dry_run:
        return _work(Lake.open(config.lake), config, None, told)
    lake = Lake.open(config.lake, upgrade=True)
    ended = end_dead_runs(lake)
    with recorded(lake, FLOW, config, UpkeepCounts()) as run:
        refuse_beside(lake, run.run_id)
        done = _work(lake, config, run.run_id, told, ended)
        run.counts = UpkeepCounts(done)
    return done


def refuse_beside(lake: Lake, run_id: str) -> None:
    """Raise LakeError where another maintenance, or a takedown, is at work: both rewrite the same fragments."""
    others = [run["run_id"] for flow in (FLOW, FORGET) for run in live_runs(lake, flow=flow, but=run_id)]
    if others:
        raise LakeError(f"{others[0]} is at work on {lake.uri}: run this again when it has ended")


def _work(
    lake: Lake, config: MaintainConfig, run_id: str | None, told: Callable[[int, int], None], ended: int = 0
) -> Upkeep:
    with committing(lake):
        dropped = drop_void_work(lake, dry_run=config.dry_run)
    tables, budget = [], int(config.max_gb * 1e9)
    names = [name for name in TABLES if name not in _LARGE] + list(_LARGE)
    for name in names:
        tables.append(_keep_up(lake, name, config, budget, partial(current_pins, lake, but=run_id)))
        budget -= tables[-1].compacted.bytes
        told(len(tables), len(names))
    return Upkeep(config.dry_run, tuple(tables), ended, dropped, tuple(unfinished(lake)))


def _keep_up(
    lake: Lake, name: str, config: MaintainConfig, budget_bytes: int, pins: Callable[[], Pins]
) -> TableUpkeep:
    """Compaction before cleaning, so that what it replaces can go once it is old enough."""
    compacted = compact_table(lake, name, budget_bytes=budget_bytes, pins=pins, dry_run=config.dry_run)
    keep = timedelta(days=config.keep_days)
    removed = clean_table(lake, name, keep=keep, pins=pins, dry_run=config.dry_run)
    orphans = tuple(find_orphans(lake, name, pins()))
    deleted = (
        delete_orphans(lake, name, min_age=ORPHAN_AGE, pins=pins)
        if config.remove_orphans and not config.dry_run
        else []
    )
    return TableUpkeep(name, compacted, removed, orphans, len(deleted), _note(name, compacted, pins()))


def _note(name: str, done: Compacted, pins: Pins) -> str:
    parts = [pins.not_compacted[name]] if name in pins.not_compacted else []
    parts += [pins.not_cleaned[name]] if name in pins.not_cleaned else []
    parts += [f"{done.waiting} more groups wait: raise --max-gb or run it again"] * bool(
        done.waiting and not parts
    )
    parts += [f"{done.dropped} groups were changed by others meanwhile"] * bool(done.dropped)
    return "; ".join(parts)
