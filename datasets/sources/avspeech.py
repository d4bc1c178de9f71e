"""AVSpeech's lists: no header; YouTube id, start, end, and the speaker's face centre x, y as fractions.

Source: looking-to-listen.github.io/avspeech (train and test CSV of the data set's authors).
"""

from collections.abc import Sequence
from pathlib import Path

from datasets.sources.cells import csv_lines, span
from datasets.sources.downloads import videos_by_id
from datasets.sources.video import SourceSpan, SourceVideo

_COLUMNS = 5


def is_avspeech(cells: Sequence[str]) -> bool:
    """Whether a CSV's first line can be one of AVSpeech: an id and four numbers."""
    return len(cells) == _COLUMNS and all(_is_number(cell) for cell in cells[1:])


def read_avspeech(name: str, text: str, downloads: Path, dataset: str | None) -> list[SourceVideo]:
    """The listed videos, found in `downloads`; those not there stay in the list as missing files."""
    spans: dict[str, list[SourceSpan]] = {}
    for place, cells in csv_lines(name, text):
        if len(cells) != _COLUMNS or not cells[0]:
            place.refuse(f"{len(cells)} cells; a line of AVSpeech is YouTube id,start,end,x,y")
        video, start, end, x, y = cells
        spans.setdefault(video, []).append(span(place, start, end, (x, y)))
    return videos_by_id(spans, downloads, dataset or "avspeech")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
