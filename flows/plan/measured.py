"""What the runs of a lake took and what its tables hold: all that a plan rests on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow.compute as pc

from datasets.errors import UserError
from datasets.lake import Lake
from datasets.schema import SLOTS, slot_columns
from datasets.staleness import ANNOTATED
from datasets.upkeep.table_bytes import column_bytes, table_bytes
from flows.costs import Costs, StageCost

SOURCE_STAGE, CLIP_STAGE = (
    "survey",
    "encode",
)  # whose amounts are the source seconds and the clip frames of a run


class NoCosts(UserError):
    """The lake has nothing to plan from; the sentence says how to measure."""


@dataclass(frozen=True)
class SlotSize:
    """What one slot's columns take, and for how many frames."""

    size_bytes: int
    frames: int


@dataclass(frozen=True)
class Measured:
    """Costs of runs, and sizes in the lake's store."""

    lake: str
    runs: int  # that carry costs
    costs: Costs
    tables: Mapping[str, int]  # bytes of `clips`, `clip_media` and `videos`
    kept_frames: int  # in these tables, of all clips that were made
    source_s: float
    media_bytes: int  # of mp4 and sound, a part of `clip_media`
    slots: Mapping[str, SlotSize] = field(default_factory=dict)  # those filled somewhere
    sound_bytes: int = 0  # a part of `media_bytes`

    @property
    def source(self) -> StageCost:
        """The stage whose amount is the source seconds surveyed."""
        return self.costs.stages[SOURCE_STAGE]

    @property
    def clips(self) -> StageCost:
        """The stage whose amount is the clip frames made."""
        return self.costs.stages[CLIP_STAGE]


def read_measured(lake: Lake, *, newest: int | None = None) -> Measured:
    """Everything a plan needs, from the runs that ended and carry costs, however they ended.

    newest: take so many of them only, as where an annotator became another.
    Raises NoCosts where there is none, or where none of them kept a clip.
    """
    runs = _run_costs(lake)[-newest:] if newest else _run_costs(lake)
    costs = sum(runs, Costs())
    _check(lake, costs)
    clips, media, videos = (lake.table(name) for name in ("clips", "clip_media", "videos"))
    of_media = column_bytes(media)
    sizes = column_bytes(clips)
    filled = {slot: _frames(lake, f"{ANNOTATED} AND {slot}_src IS NOT NULL") for slot in SLOTS}
    return Measured(
        lake=lake.uri,
        runs=len(runs),
        costs=costs,
        tables={"clip_media": table_bytes(media), "clips": table_bytes(clips), "videos": table_bytes(videos)},
        kept_frames=_frames(lake, ANNOTATED),
        source_s=_sum(lake, "videos", "duration_s", "status = 'ingested'"),
        media_bytes=of_media["mp4"] + of_media["audio"],
        slots={
            slot: SlotSize(sum(sizes[name] for name in slot_columns(slot)), frames)
            for slot, frames in filled.items()
            if frames
        },
        sound_bytes=of_media["audio"],
    )


def _run_costs(lake: Lake) -> list[Costs]:
    """Of each run that has any, in the order they ended."""
    runs = lake.table("runs").to_table(columns=["counts", "ended_at"], filter="counts IS NOT NULL")
    told = (json.loads(text).get("costs") for text in runs.sort_by("ended_at")["counts"].to_pylist())
    return [Costs.from_dict(costs) for costs in told if costs and costs["stages"]]


def _check(lake: Lake, costs: Costs) -> None:
    measure = f"`emo2 ingest SOURCE --lake {lake.uri}`, an hour of video like yours is enough"
    if SOURCE_STAGE not in costs.stages:
        raise NoCosts(f"no run into the lake at {lake.uri} has measured costs: run {measure}")
    if not costs.stages.get(CLIP_STAGE, StageCost()).amount:
        raise NoCosts(f"no run into the lake at {lake.uri} that measured costs kept a clip: run {measure}")


def _frames(lake: Lake, where: str) -> int:
    return int(_sum(lake, "clips", "n_frames", where))


def _sum(lake: Lake, table: str, column: str, where: str) -> float:
    values = lake.table(table).to_table(columns=[column], filter=where)[column]
    return pc.sum(values).as_py() or 0  # type: ignore[attr-defined]
