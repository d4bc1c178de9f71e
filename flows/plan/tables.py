"""A plan as tables for the terminal."""

from rich.table import Table

from flows.costs import Unit
from flows.plan.forecast import Plan, bottleneck
from flows.plan.words import duration, hours, size

_UNITS: dict[Unit, str] = {
    "source second": "ms/source s",
    "clip frame": "ms/clip frame",
    "process": "ms/process",
}


def plan_tables(plan: Plan) -> list[Table]:
    """Stages, wall time, storage, re-annotation."""
    return [_stages(plan), _wall(plan), _storage(plan), _slots(plan)]


def _stages(plan: Plan) -> Table:
    table = _table("Ingest", "stage", "measured", "core-hours", "share", *_gpu(plan, "GPU-hours"))
    total = plan.effort
    for stage in plan.stages:
        effort = stage.effort
        table.add_row(
            stage.stage,
            f"{hours(stage.core_ms)} {_UNITS[stage.unit]}",
            hours(effort.core_h),
            f"{100 * effort.core_h / total.core_h:.0f} %",
            *_gpu(plan, hours(effort.gpu_h)),
        )
    table.add_section()
    table.add_row("all", "", hours(total.core_h), "", *_gpu(plan, hours(total.gpu_h)))
    return table


def _wall(plan: Plan) -> Table:
    config = plan.config
    gpus = f" and {config.gpus} GPUs" if config.gpus else ""
    title = f"Wall time on {config.nodes} node{'s' if config.nodes > 1 else ''} of {config.cpus} cores{gpus}"
    table = _table(title, "limit", "time", "")
    for limit, needed in plan.wall.items():
        table.add_row(limit, duration(needed), "bottleneck" if limit == bottleneck(plan.wall) else "")
    return table


def _storage(plan: Plan) -> Table:
    table = _table("Storage", "table", "size")
    for name, count in plan.tables.items():
        table.add_row(name, size(count))
    table.add_section()
    table.add_row("all", size(plan.effort.store_bytes))
    return table


def _slots(plan: Plan) -> Table:
    columns = ("slot", "core-hours", *_gpu(plan, "GPU-hours"), "moved", "wall", "limit", "makes stale")
    table = _table("Annotating a slot again", *columns)
    for slot in plan.slots:
        table.add_row(
            slot.slot,
            hours(slot.effort.core_h),
            *_gpu(plan, hours(slot.effort.gpu_h)),
            size(slot.effort.store_bytes),
            duration(max(slot.wall.values())),
            bottleneck(slot.wall),
            ", ".join(slot.makes_stale) or "-",
        )
    return table


def _gpu(plan: Plan, cell: str) -> tuple[str, ...]:
    """The cell of a column that is there only where GPUs are used."""
    return (cell,) if plan.effort.gpu_h else ()


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    words = {columns[0], "", "limit", "makes stale"}
    for column in columns:
        table.add_column(column, justify="left" if column in words else "right")
    return table
