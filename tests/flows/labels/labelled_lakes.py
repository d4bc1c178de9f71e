"""A lake of two videos, the first of which its source calls sung."""

from pathlib import Path
from typing import Any

from datasets.lake import Lake
from datasets.rows import table_of
from tests.flows.stale_lakes import append, clip_row, column

OPERA, TALK = "aa11" + "0" * 60, "bb22" + "0" * 60


def labelled_lake(folder: Path) -> Lake:
    """Clips 0 to 3 of the opera, told by the source as singing; 4 and 5 of the talk, guessed."""
    lake = Lake.open(folder / "lake", create=True)
    sung = {"video_id": OPERA, "style_told": "singing", "style_told_by": "source", "style_guess": "speaking"}
    append(lake, *(clip_row(number, **sung) for number in range(4)))
    append(lake, *(clip_row(number, video_id=TALK, style_guess="speaking") for number in (4, 5)))
    videos = [{"video_id": OPERA, "style": "Singing"}, {"video_id": TALK, "style": "lively"}]
    lake.append("videos", lake.write_fragments("videos", table_of("videos", videos)))
    return lake


def told(lake: Lake) -> list[Any]:
    """(style, by) of the clips in order."""
    styles, by = column(lake, "style_told"), column(lake, "style_told_by")
    return [(styles[clip_id], by[clip_id]) for clip_id in sorted(styles)]
