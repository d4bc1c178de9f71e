"""Values out of a list's line, and the sentence that says where a bad one stands."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from datasets.sources.video import SourceError, SourceSpan


@dataclass(frozen=True)
class Place:
    """A line of a list, counted from 1."""

    name: str
    line: int

    def refuse(self, fault: str) -> NoReturn:
        """Raise SourceError that names this line."""
        raise SourceError(f"{self.name}, line {self.line}: {fault}")


def csv_lines(name: str, text: str) -> Iterator[tuple[Place, list[str]]]:
    """The lines of a CSV with their cells stripped; empty lines are left out.

    Raises SourceError at a line the CSV reader cannot take, such as one with an open quote.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            Place(name, reader.line_num).refuse(f"not CSV ({error}); mend the quotes of this line")
        if any(cells):
            yield Place(name, reader.line_num), cells


def seconds(place: Place, column: str, value: Any) -> float:
    """A time in seconds, not negative; raises SourceError naming the column and the value."""
    number = _number(value)
    if number is None or number < 0:
        place.refuse(f"{column} is {value!r}; give seconds from the start of the video, 0 or more")
    return number


def fraction(place: Place, column: str, value: Any) -> float:
    """A position in 0..1; raises SourceError naming the column and the value."""
    number = _number(value)
    if number is None or not 0 <= number <= 1:
        place.refuse(f"{column} is {value!r}; give a fraction of the picture between 0 and 1")
    return number


def span(place: Place, start: Any, end: Any, face: tuple[Any, Any] | None = None) -> SourceSpan:
    """A span of positive length, with the face's centre where one is given."""
    start_s, end_s = seconds(place, "start", start), seconds(place, "end", end)
    if end_s <= start_s:
        place.refuse(f"end {end_s:g} is not after start {start_s:g}; the end must be the later time")
    if face is None:
        return SourceSpan(start_s, end_s)
    return SourceSpan(start_s, end_s, fraction(place, "x", face[0]), fraction(place, "y", face[1]))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
