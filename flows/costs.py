"""What a run took, by stage: measured where the work is done, added up on the way, kept in the run's row."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import psutil

Unit = Literal["source second", "clip frame", "process"]

# What a stage's time grows with; a stage that is not named here is an annotator's, and named after its slot.
STAGE_UNITS: dict[str, Unit] = {
    "survey": "source second",  # decoded small, and cut into shots
    "framing": "source second",  # people found in stills, shots judged
    "load framer": "process",
    "load annotators": "process",
    "read": "clip frame",  # decoded at full size, cropped, resized
    "sound": "clip frame",  # read, resampled, encoded
    "encode": "clip frame",  # as mp4, and its reference picture
    "decode": "clip frame",  # pictures and sound, as they are stored
    "decode sound": "clip frame",  # where nobody asks for the pictures
    "GPU waiting": "clip frame",  # held by a task, and not used by the stage at work
}


def unit_of(stage: str) -> Unit:
    """What the stage's time grows with."""
    return STAGE_UNITS.get(stage, "clip frame")


@dataclass(frozen=True)
class StageCost:
    """Seconds of all cores, and of GPUs, that `amount` of the stage's unit took."""

    cpu_s: float = 0.0
    gpu_s: float = 0.0  # that a GPU was held, used or not
    amount: float = 0.0

    def __add__(self, other: "StageCost") -> "StageCost":
        return StageCost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Costs:
    """Adds up over clips, videos, shards and runs. Work that failed counts in seconds and not in amounts."""

    stages: Mapping[str, StageCost] = field(default_factory=dict)
    held_core_s: float = 0.0  # cores of the machines times how long the run held them; 0 where nobody counted

    def __add__(self, other: "Costs") -> "Costs":
        names = [*self.stages, *(name for name in other.stages if name not in self.stages)]
        nothing = StageCost()
        stages = {name: self.stages.get(name, nothing) + other.stages.get(name, nothing) for name in names}
        return Costs(stages, self.held_core_s + other.held_core_s)

    @property
    def cpu_s(self) -> float:
        """Of all stages together."""
        return sum(stage.cpu_s for stage in self.stages.values())

    @property
    def gpu_s(self) -> float:
        """Of all stages together."""
        return sum(stage.gpu_s for stage in self.stages.values())

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, for a guarded reply and for the run's row."""
        stages = {name: asdict(stage) for name, stage in self.stages.items()}
        return {"stages": stages, "held_core_s": self.held_core_s}

    @classmethod
    def from_dict(cls, costs: Mapping[str, Any]) -> "Costs":
        """The costs that `as_dict` gave."""
        stages = {name: StageCost(**stage) for name, stage in costs["stages"].items()}
        return cls(stages, costs["held_core_s"])


class Meter:
    """Measures one piece of work in one process, stage by stage; stages must not overlap."""

    def __init__(self) -> None:
        self.costs = Costs()

    @contextmanager
    def stage(
        self, name: str, amount: float = 0.0, *, gpus: float = 0.0, children: bool = False
    ) -> Iterator[None]:
        """Count the block's CPU time to a stage; its amount too, unless the block raises.

        gpus: held meanwhile. children: count the processes that this one started as well.
        """
        cpu_s, wall_s, done = _cpu_s(children), time.perf_counter(), 0.0
        try:
            yield
            done = amount
        finally:
            held_s = gpus * (time.perf_counter() - wall_s)
            self.costs += Costs({name: StageCost(_cpu_s(children) - cpu_s, held_s, done)})

    @contextmanager
    def holding(self, gpus: float) -> Iterator[None]:
        """Count the GPUs held while the block runs to "GPU waiting", but for what its stages say they held."""
        start_s, used_s = time.perf_counter(), self.costs.gpu_s
        yield
        waiting_s = gpus * (time.perf_counter() - start_s) - (self.costs.gpu_s - used_s)
        if gpus:
            self.costs += Costs({"GPU waiting": StageCost(gpu_s=max(0.0, waiting_s))})

    def count(self, name: str, amount: float) -> None:
        """Add to a stage an amount that is known only once it is done."""
        self.costs += Costs({name: StageCost(amount=amount)})


def _cpu_s(children: bool) -> float:
    """CPU seconds of all threads of this process so far; of the processes below it too, ended or not."""
    if not children:
        return time.process_time()
    times = os.times()
    return time.process_time() + times.children_user + times.children_system + _living_children_s()


def _living_children_s() -> float:
    total_s = 0.0
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            total_s += sum(child.cpu_times()[:4])  # its own, and of its children that it waited for
    return total_s
