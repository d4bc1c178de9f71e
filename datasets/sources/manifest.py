"""Manifests: a CSV with a header, or JSON Lines, naming videos and what is known of them.

Columns: `uri`, and optionally `start`, `end` (seconds), `face_x`, `face_y` (fractions of the picture),
`dataset`, `speaker`, `style`, `licence`. Every other column is metadata and kept with the video. Lines with
one uri become one video with several spans; metadata that differs between them becomes a list, an item a
line. A relative uri starts at the manifest's folder.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.sources.cells import Place, csv_lines, span
from datasets.sources.storage import is_object, local_path
from datasets.sources.video import SourceError, SourceSpan, SourceVideo

_ONE_A_VIDEO = ("dataset", "speaker", "style", "licence")
_SPAN_COLUMNS = ("start", "end", "face_x", "face_y")


@dataclass(frozen=True)
class Line:
    """One line's values by column; empty ones are left out."""

    place: Place
    values: Mapping[str, Any]


def read_manifest_csv(name: str, text: str) -> list[SourceVideo]:
    """The videos of a CSV manifest, in the order they first appear."""
    rows = csv_lines(name, text)
    place, header = next(rows)
    columns = _columns(place, header)
    return _videos(name, [_csv_line(place, columns, cells) for place, cells in rows])


def read_manifest_jsonl(name: str, text: str) -> list[SourceVideo]:
    """The videos of a manifest with one JSON object a line, in the order they first appear."""
    lines = enumerate(text.split("\n"), start=1)  # splitlines() would also split at a text's U+2028
    return _videos(name, [_json_line(Place(name, number), line) for number, line in lines if line.strip()])


def _columns(place: Place, header: Sequence[str]) -> list[str]:
    columns = [_column(cell) for cell in header]
    for column in columns:
        if columns.count(column) > 1 or not column:
            place.refuse(f"the column {column!r} has no name or stands twice; give each column its own name")
    return columns


def _column(name: str) -> str:
    known = name.lower()
    if known == "license":
        return "licence"
    return known if known in ("uri", *_SPAN_COLUMNS, *_ONE_A_VIDEO) else name


def _csv_line(place: Place, columns: Sequence[str], cells: Sequence[str]) -> Line:
    if len(cells) != len(columns):
        place.refuse(
            f"{len(cells)} cells under a header of {len(columns)}; put a value with commas in double quotes"
        )
    return Line(place, {column: cell for column, cell in zip(columns, cells, strict=True) if cell})


def _json_line(place: Place, line: str) -> Line:
    try:
        values = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        place.refuse(f'not JSON ({error}); write one object a line, such as {{"uri": "a.mp4"}}')
    if not isinstance(values, dict):
        place.refuse(f'a JSON {type(values).__name__}, not an object; write {{"uri": "a.mp4"}}')
    return Line(place, {_column(key): value for key, value in values.items() if value not in (None, "")})


def _videos(name: str, lines: Sequence[Line]) -> list[SourceVideo]:
    if not lines:
        raise SourceError(f"{name} lists no video: add a line with a uri")
    by_uri: dict[str, list[Line]] = {}
    for line in lines:
        by_uri.setdefault(_uri(name, line), []).append(line)
    return [_video(uri, group) for uri, group in by_uri.items()]


def _uri(name: str, line: Line) -> str:
    uri = line.values.get("uri")
    if not isinstance(uri, str) or not uri.strip():
        line.place.refuse("no uri; every line names its video in the column uri")
    if is_object(uri) or Path(local_path(uri)).is_absolute():
        return local_path(uri)
    if is_object(name):
        return f"{name.rsplit('/', 1)[0]}/{uri}"
    return str(Path(name).absolute().parent / uri)


def _video(uri: str, lines: Sequence[Line]) -> SourceVideo:
    spans = [found for line in lines if (found := _span(line))]
    if spans and len(spans) < len(lines):
        whole = next(line for line in lines if _span(line) is None)
        whole.place.refuse(f"{uri} stands here as a whole and on another line with start and end; keep one")
    values = {column: _one_value(uri, column, lines) for column in _ONE_A_VIDEO}
    return SourceVideo(uri, spans=tuple(sorted(set(spans), key=_order)), metadata=_metadata(lines), **values)


def _order(stretch: SourceSpan) -> tuple[float, ...]:
    return (stretch.start_s, stretch.end_s, stretch.face_x or 0.0, stretch.face_y or 0.0)


def _span(line: Line) -> SourceSpan | None:
    start, end, face_x, face_y = (line.values.get(column) for column in _SPAN_COLUMNS)
    if (start is None) != (end is None):
        line.place.refuse("start and end come together; give both, or neither for the whole video")
    if (face_x is None) != (face_y is None):
        line.place.refuse("face_x and face_y come together; give both or neither")
    if start is None:
        if face_x is not None:
            line.place.refuse("a face belongs to a span; give start and end beside face_x and face_y")
        return None
    return span(line.place, start, end, None if face_x is None else (face_x, face_y))


def _one_value(uri: str, column: str, lines: Sequence[Line]) -> str | None:
    """The value that all the video's lines agree on; lines without one agree with any."""
    first: Line | None = None
    for line in lines:
        value = line.values.get(column)
        if value is None:
            continue
        if not isinstance(value, str):
            line.place.refuse(f"{column} is {value!r}; give text in double quotes")
        if first and value != first.values[column]:
            line.place.refuse(
                f"{column} of {uri} is {value!r} here and {first.values[column]!r} on line"
                f" {first.place.line}; a video has one {column}"
            )
        first = first or line
    return first.values[column] if first else None


def _metadata(lines: Sequence[Line]) -> dict[str, Any]:
    own = {"uri", *_SPAN_COLUMNS, *_ONE_A_VIDEO}
    columns = dict.fromkeys(column for line in lines for column in line.values if column not in own)
    return {column: _agreed([line.values.get(column) for line in lines]) for column in columns}


def _agreed(values: list[Any]) -> Any:
    return values[0] if all(value == values[0] for value in values) else values
