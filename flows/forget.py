"""A takedown as a run of the lake: nobody else writes meanwhile, and the ledger says who did it and to what."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from datasets.lake import Lake, LakeError
from datasets.takedown.plan import TakedownPlan
from datasets.takedown.takedown import Guards, forget
from flows.ledger import live_runs, recorded
from flows.upkeep.waiting_work import drop_void_work, files_of, waiting_shards

FLOW = "forget"


class ForgetConfig(BaseModel):
    """What the ledger keeps of a takedown: ids, since an address or SQL could name the person."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Forget")

    lake: str = Field(title="Lake", min_length=1)
    video_ids: tuple[str, ...] = Field(title="Videos", description="Their ids")


@dataclass(frozen=True)
class ForgetCounts:
    """What went."""

    videos: int = 0
    clips: int = 0
    film_bytes: int = 0
    snapshots: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: TakedownPlan) -> "ForgetCounts":
        clips = sum(video.clips for video in plan.videos)
        film_bytes = sum(video.film_bytes for video in plan.videos)
        return cls(len(plan.videos), clips, film_bytes, plan.snapshots)

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "videos": self.videos,
            "clips": self.clips,
            "film_bytes": self.film_bytes,
            "snapshots": list(self.snapshots),
        }


def forget_videos(lake: Lake, plan: TakedownPlan, told: Callable[[str], None] = lambda step: None) -> None:
    """Carry the plan out; `told` is called after each step.

    Raises LakeError where another run is at work on the lake, before or meanwhile.
    """
    config = ForgetConfig(lake=lake.uri, video_ids=plan.video_ids)
    with recorded(lake, FLOW, config, ForgetCounts.of(plan)) as run:
        guards = Guards(
            refuse_writers=partial(refuse_live_runs, lake, but=run.run_id),
            waiting_files=partial(_waiting_files, lake),
            told=told,
        )
        forget(lake, plan.video_ids, run_id=run.run_id, guards=guards)


def refuse_live_runs(lake: Lake, *, but: str | None = None) -> None:
    """Raise LakeError that names the runs at work on the lake."""
    runs = [run["run_id"] for run in live_runs(lake, but=but)]
    if runs:
        raise LakeError(
            f"{', '.join(runs)} at work on {lake.uri}: a takedown needs the lake to itself; stop"
            f" {'it' if len(runs) == 1 else 'them'} or wait, then run this again"
        )


def _waiting_files(lake: Lake) -> frozenset[str]:
    drop_void_work(lake)
    return files_of(waiting_shards(lake))
