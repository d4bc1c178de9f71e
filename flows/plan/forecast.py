"""From what was measured to what is asked for: everything grows with the source or with the clips kept of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from annotators.registry import annotator_classes
from datasets.errors import UserError
from datasets.frame import CLIP_RATE_HZ
from flows.costs import Unit, unit_of
from flows.plan.config import PlanConfig
from flows.plan.measured import Measured

ASSUMED_EFFICIENCY = 0.8
_ENOUGH_CORE_H = 1.0  # held by runs; less is mostly starting up, and waiting for the last clip
_HOUR_S = 3600.0
_MB = 1e6

Limit = Literal["CPU", "GPU", "storage"]


@dataclass(frozen=True)
class Effort:
    """Work to be done, wherever."""

    core_h: float = 0.0
    gpu_h: float = 0.0
    store_bytes: float = 0.0  # written to the lake, and read from it

    def __add__(self, other: "Effort") -> "Effort":
        return Effort(
            self.core_h + other.core_h, self.gpu_h + other.gpu_h, self.store_bytes + other.store_bytes
        )


@dataclass(frozen=True)
class StagePlan:
    """One stage of the ingest."""

    stage: str
    unit: Unit
    core_ms: float  # measured, a unit
    effort: Effort


@dataclass(frozen=True)
class SlotPlan:
    """One slot annotated again, on all clips kept."""

    slot: str
    effort: Effort
    wall: Mapping[Limit, float]  # hours that each limit alone would ask for
    makes_stale: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What the corpus takes. Walls are hours; the largest of a wall's limits is the wall itself."""

    config: PlanConfig
    source_h: float
    kept_h: float
    stages: tuple[StagePlan, ...]
    tables: Mapping[str, float]  # bytes
    slots: tuple[SlotPlan, ...]
    efficiency: float
    efficiency_from: Literal["given", "measured", "assumed"]
    wall: Mapping[Limit, float]

    @property
    def effort(self) -> Effort:
        """Of the whole ingest."""
        return sum((stage.effort for stage in self.stages), Effort(store_bytes=sum(self.tables.values())))


def forecast(measured: Measured, config: PlanConfig) -> Plan:
    """The plan for a corpus and a cluster.

    Raises UserError where what was measured held GPUs and the cluster has none.
    """
    source_s, frames = _corpus(measured, config)
    amounts: dict[Unit, float] = {
        "source second": source_s,
        "clip frame": frames,
        "process": config.nodes * config.cpus,
    }
    stages = tuple(_stage(measured, name, amounts) for name in measured.costs.stages)
    tables = _tables(measured, source_s, frames)
    efficiency, told = _efficiency(measured, config)
    effort = sum((stage.effort for stage in stages), Effort(store_bytes=sum(tables.values())))
    _check_gpus(effort, config)
    return Plan(
        config=config,
        source_h=source_s / _HOUR_S,
        kept_h=frames / CLIP_RATE_HZ / _HOUR_S,
        stages=stages,
        tables=tables,
        slots=_slots(measured, stages, frames, config, efficiency),
        efficiency=efficiency,
        efficiency_from=told,
        wall=wall(effort, config, efficiency),
    )


def wall(effort: Effort, config: PlanConfig, efficiency: float) -> dict[Limit, float]:
    """Hours that each limit alone would ask for; what a corpus does not need is left out."""
    limits: dict[Limit, float] = {"CPU": effort.core_h / (config.nodes * config.cpus * efficiency)}
    if effort.gpu_h:
        limits["GPU"] = effort.gpu_h / (config.nodes * config.gpus)
    limits["storage"] = effort.store_bytes / (config.store_mb_s * _MB) / _HOUR_S
    return limits


def bottleneck(limits: Mapping[Limit, float]) -> Limit:
    """The limit that asks for the most time."""
    return max(limits, key=lambda limit: limits[limit])


def _corpus(measured: Measured, config: PlanConfig) -> tuple[float, float]:
    """(source seconds, clip frames), in the proportion that was measured."""
    frames_a_second = measured.clips.amount / measured.source.amount
    if config.kept:
        frames = config.hours * _HOUR_S * CLIP_RATE_HZ
        return frames / frames_a_second, frames
    return config.hours * _HOUR_S, config.hours * _HOUR_S * frames_a_second


def _stage(measured: Measured, name: str, amounts: Mapping[Unit, float]) -> StagePlan:
    cost, unit = measured.costs.stages[name], unit_of(name)
    base = {"source second": measured.source, "clip frame": measured.clips, "process": cost}[unit]
    amount = cost.amount or base.amount
    hours = amounts[unit] / amount / _HOUR_S if amount else 0.0
    effort = Effort(core_h=hours * cost.cpu_s, gpu_h=hours * cost.gpu_s)
    return StagePlan(name, unit, 1000 * cost.cpu_s / amount if amount else 0.0, effort)


def _tables(measured: Measured, source_s: float, frames: float) -> dict[str, float]:
    of_clips = frames / measured.kept_frames if measured.kept_frames else 0.0
    of_source = source_s / measured.source_s if measured.source_s else 0.0
    return {
        name: size * (of_source if name == "videos" else of_clips) for name, size in measured.tables.items()
    }


def _efficiency(
    measured: Measured, config: PlanConfig
) -> tuple[float, Literal["given", "measured", "assumed"]]:
    if config.efficiency is not None:
        return config.efficiency, "given"
    held_s = measured.costs.held_core_s
    if held_s >= _ENOUGH_CORE_H * _HOUR_S and measured.costs.cpu_s:
        return min(1.0, measured.costs.cpu_s / held_s), "measured"
    return ASSUMED_EFFICIENCY, "assumed"


def _check_gpus(effort: Effort, config: PlanConfig) -> None:
    if effort.gpu_h and not config.gpus:
        raise UserError("annotators held GPUs when they were measured, and the nodes have none: give --gpus")


def _slots(
    measured: Measured,
    stages: Sequence[StagePlan],
    frames: float,
    config: PlanConfig,
    efficiency: float,
) -> tuple[SlotPlan, ...]:
    """Every slot that was both measured and stored, in the order annotators run."""
    reads = {kind.name: kind.reads for kind in annotator_classes()}
    efforts = {stage.stage: stage.effort for stage in stages}
    plans = []
    for slot in measured.slots:
        if slot in efforts:
            effort = efforts[slot] + _moved(measured, slot, efforts, frames)
            limits = wall(effort, config, efficiency)
            plans.append(SlotPlan(slot, effort, limits, _downstream(slot, reads)))
    return tuple(plans)


def _moved(measured: Measured, slot: str, efforts: Mapping[str, Effort], frames: float) -> Effort:
    """What a slot's annotator has to read, decoded where it is media, and to write."""
    kinds = {kind.name: kind for kind in annotator_classes()}
    read = kinds[slot].reads if slot in kinds else ()
    sizes = [measured.slots[name] for name in (slot, *read) if name in measured.slots]
    columns = Effort(store_bytes=sum(frames * size.size_bytes / size.frames for size in sizes))
    needs = kinds[slot].needs if slot in kinds else "pictures"
    if needs == "columns":
        return columns
    decode, media_bytes = {
        "sound": (efforts.get("decode sound", Effort()), measured.sound_bytes),
        "pictures": (efforts.get("decode", Effort()), measured.media_bytes),
    }[needs]
    return columns + decode + Effort(store_bytes=frames * media_bytes / measured.kept_frames)


def _downstream(slot: str, reads: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Slots that read this one, or one that does."""
    stale = {slot}
    for _ in reads:
        stale |= {name for name, taken in reads.items() if stale & set(taken)}
    return tuple(name for name in reads if name in stale - {slot})
