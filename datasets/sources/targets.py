"""What a list asks to be fetched: URLs and YouTube ids, in order, each once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets.sources.cells import csv_lines
from datasets.sources.video import SourceError

_ID_COLUMNS = ("uri", "url", "video_id", "youtube_id")


def read_targets(path: Path) -> list[str]:
    """The targets of a text file (one a line), of an AVSpeech list, or of a CSV with a column of ids or URLs.

    Without a header that names such a column the first cell of each line counts. Raises SourceError where the
    file cannot be read or names nothing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as a list ({error}): give a UTF-8 text file") from error
    targets = list(dict.fromkeys(_cells([cells for _, cells in csv_lines(str(path), text)])))
    if not targets:
        raise SourceError(f"{path} names nothing to fetch: give one URL or YouTube id a line")
    return targets


def _cells(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    header = [cell.lower() for cell in rows[0]] if rows else []
    column = next((header.index(name) for name in _ID_COLUMNS if name in header), None)
    for row in rows if column is None else rows[1:]:
        cell = row[column or 0] if len(row) > (column or 0) else ""
        if cell and not cell.startswith("#"):
            yield cell
