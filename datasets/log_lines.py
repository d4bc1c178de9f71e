"""What code in another process logged and warned of: gathered there as short lines that travel with its answer."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TextIO

OWN = (
    "annotators",
    "datasets",
    "flows",
    "training",
)  # their loggers are heard from INFO on, others from WARNING
_MOST_LINES = 50
_MOST_CHARACTERS = 500
_LEVELS = (logging.INFO, logging.WARNING, logging.ERROR)
_WARNED = "py.warnings"
_ADDRESS = re.compile(r"([a-zA-Z][\w+.-]*://)(?:[^\s/@]*@)?([^\s?'\"]*)(\?[^\s'\"]*)?")
_SECRET = re.compile(r"(?i)\b([\w-]*(?:password|secret|token|signature|credential)[\w-]*)(\s*[=:]\s*)\S+")


@dataclass(frozen=True)
class LogLine:
    """One line of a log: a level of `logging` from INFO to ERROR, and printable text without secrets."""

    level: int
    text: str

    @classmethod
    def of(cls, level: int, text: str) -> "LogLine":
        """The line as it may be shown: one line, cut to a length, at the nearest level there is."""
        shown = "".join(each if each.isprintable() else " " for each in text[: 4 * _MOST_CHARACTERS])
        shown = without_secrets(" ".join(shown.split()))
        if len(shown) > _MOST_CHARACTERS:
            shown = shown[: _MOST_CHARACTERS - 1] + "…"
        return cls(min(_LEVELS, key=lambda each: abs(each - level)), shown)


def without_secrets(text: str) -> str:
    """The text with the credentials and queries of addresses, and what is called a secret, left out."""
    shown = _ADDRESS.sub(lambda found: found[1] + found[2] + ("?…" if found[3] else ""), text)
    return _SECRET.sub(r"\1\2…", shown)


def checked_lines(values: Any) -> list[LogLine]:
    """Lines out of what an untrusted process sent as [[level, text], …]; what is anything else is left out."""
    if not isinstance(values, list):
        return []
    pairs = [each for each in values[: _MOST_LINES + 1] if isinstance(each, list) and len(each) == 2]
    return [LogLine.of(level, text) for level, text in pairs if type(level) is int and type(text) is str]


@contextmanager
def gathered() -> Iterator[list[LogLine]]:
    """A list that fills with what this process logs and warns of inside, at most 50 lines; nothing is printed.

    For a process that does one thing at a time.
    """
    handler, root, show = _Gatherer(), logging.getLogger(), warnings.showwarning
    quiet = [logger for name in OWN if not (logger := logging.getLogger(name)).level]
    for logger in quiet:
        logger.setLevel(logging.INFO)
    root.addHandler(handler)
    warnings.showwarning = _log_warning
    try:
        yield handler.lines
    finally:
        warnings.showwarning = show
        root.removeHandler(handler)
        for logger in quiet:
            logger.setLevel(logging.NOTSET)
        handler.close()


class _Gatherer(logging.Handler):
    """Keeps lines; says at the end how many more there were."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[LogLine] = []
        self._more = 0

    def emit(self, record: logging.LogRecord) -> None:
        package = record.name.partition(".")[0]
        if package not in OWN and record.levelno < logging.WARNING:
            return
        if len(self.lines) < _MOST_LINES:
            self.lines.append(LogLine.of(record.levelno, _text(record, package)))
        else:
            self._more += 1

    def close(self) -> None:
        super().close()
        if self._more:
            self.lines.append(LogLine(logging.WARNING, f"{self._more} more lines were left out"))


def _text(record: logging.LogRecord, package: str) -> str:
    """The message, with whose it is where it is not ours, and what was raised without its traceback."""
    try:
        text = record.getMessage()
    except Exception:  # whoever logged gave other arguments than the message asks for
        text = str(record.msg)
    if package not in OWN and record.name != _WARNED:
        text = f"{record.name}: {text}"
    if record.exc_info and record.exc_info[1]:
        text += f" ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})"
    return text


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """In place of `warnings.showwarning`: what was warned of and where, without the folders of this machine."""
    place = f"{PurePath(filename).name}:{lineno}"
    logging.getLogger(_WARNED).warning("%s: %s (%s)", category.__name__, message, place)
