"""CMU-MOSEI's ids and segments, in the three shapes they come in.

- segmented transcripts (`Raw/Transcript/Segmented/Combined/*.txt`): `id___segment___start___end___text`
- a text file with one video id a line: each video as a whole
- a CSV with a header: `video_id` and optionally `start`, `end`; other columns are left aside
Times are seconds.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from datasets.sources.cells import Place, csv_lines, span
from datasets.sources.downloads import videos_by_id
from datasets.sources.video import SourceError, SourceSpan, SourceVideo

_SEPARATOR = "___"
# The number of the segment marks where the id ends, since a YouTube id may end in underscores.
_SEGMENT = re.compile(r"(?P<id>\S+?)___\d+___(?P<start>[^_]+)___(?P<end>[^_]+)(___|$)")
_START, _END = ("start", "start_time"), ("end", "end_time")


def is_mosei_header(cells: Sequence[str]) -> bool:
    """Whether a CSV's header is that of a list of segments by video id."""
    return "video_id" in [cell.lower() for cell in cells]


def read_transcripts(
    files: Iterable[tuple[str, str]], downloads: Path, dataset: str | None
) -> list[SourceVideo]:
    """The videos of (name, text) files of segmented transcripts or bare ids, found in `downloads`.

    Videos not there stay in the list as missing files.
    """
    spans: dict[str, list[SourceSpan]] = {}
    for name, text in files:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                video, stretches = _text_line(Place(name, number), line.strip())
                spans.setdefault(video, []).extend(stretches)
    if not spans:
        raise SourceError(
            "the transcripts list no segment: give files with lines id___segment___start___end___text"
        )
    return videos_by_id(spans, downloads, dataset or "cmu-mosei")


def read_segments_csv(name: str, text: str, downloads: Path, dataset: str | None) -> list[SourceVideo]:
    """The videos of a CSV of segments, found in `downloads`; those not there stay as missing files."""
    lines = csv_lines(name, text)
    place, header = next(lines)
    columns = [cell.lower() for cell in header]
    spans: dict[str, list[SourceSpan]] = {}
    for place, cells in lines:
        if len(cells) != len(columns):
            place.refuse(f"{len(cells)} cells under a header of {len(columns)}")
        values = dict(zip(columns, cells, strict=True))
        if not values["video_id"]:
            place.refuse("no video_id; every line names its video")
        spans.setdefault(values["video_id"], []).extend(_csv_span(place, values))
    if not spans:
        raise SourceError(f"{name} lists no video: add lines under the header")
    return videos_by_id(spans, downloads, dataset or "cmu-mosei")


def _csv_span(place: Place, values: dict[str, str]) -> list[SourceSpan]:
    start = next((values[column] for column in _START if values.get(column)), None)
    end = next((values[column] for column in _END if values.get(column)), None)
    if start is None and end is None:
        return []
    return [span(place, start, end)]


def _text_line(place: Place, line: str) -> tuple[str, list[SourceSpan]]:
    if _SEPARATOR not in line and not any(character.isspace() for character in line):
        return line, []
    found = _SEGMENT.match(line)
    if not found:
        place.refuse("neither a video id nor id___segment___start___end___text")
    return found["id"], [span(place, found["start"], found["end"])]
