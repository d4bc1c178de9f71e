"""The log of a run: lines from the flow and from its workers, the latter brought along by what tasks return.

Imported by every worker, so free of Prefect, whose import takes seconds.
"""

import logging
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import PurePosixPath
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from datasets.log_lines import LogLine, gathered

_MOST_KINDS = 200  # of warnings that a run tells
_NUMBERS = re.compile(r"\b0x[0-9a-fA-F]+|\d+")


@dataclass(frozen=True)
class Logged:
    """What a task returned, and what was logged and warned of meanwhile."""

    value: Any
    where: str  # the video or clips, and the node
    lines: tuple[LogLine, ...]


def logged(about: Callable[..., str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates a function that becomes a remote one: what it logs comes with what it returns or raises.

    about: names the work, given the function's arguments. `RunLog.unpacked` takes the wrapping off.
    """

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(*args: Any) -> Any:
            with gathered() as lines:
                try:
                    value = function(*args)
                except Exception as error:
                    # Ray carries an exception's attributes, so its log need not change its type.
                    error.worker_log = _logged(None, about, args, lines)  # type: ignore[attr-defined]
                    raise
            return _logged(value, about, args, lines) if lines else value

        return call

    return decorated


def _logged(value: Any, about: Callable[..., str], args: Sequence[Any], lines: Sequence[LogLine]) -> Logged:
    return Logged(value, f"{about(*args)}, node {platform.node()}", tuple(lines))


class RunLog:
    """The log of one run, used from any of its threads; a warning that repeats is told once, and counted."""

    def __init__(self, write: Callable[[int, str], None] = lambda level, text: None):
        """write: takes a level of `logging` and a line; by default nobody reads them."""
        self._write, self._lock = write, Lock()
        self._times, self._first = (
            Counter[str](),
            dict[str, str](),
        )  # of each kind: how often, and the first text
        self._untold = 0
        self._once = set[str]()

    def info(self, text: str) -> None:
        self._tell(logging.INFO, text)

    def warning(self, text: str) -> None:
        self._tell(logging.WARNING, text)

    def once(self, text: str) -> bool:
        """A warning that is told the first time only; whether this was it."""
        with self._lock:
            if text in self._once:
                return False
            self._once.add(text)
        self.warning(text)
        return True

    def unpacked(self, value: Any) -> Any:
        """A task's value, or what it raised, as the caller knows it; its lines are written here."""
        if isinstance(value, Logged):
            self._add(value)
            return value.value
        cause = getattr(value, "cause", value) if isinstance(value, BaseException) else None
        said = getattr(cause, "worker_log", None)
        if isinstance(said, Logged):
            self._add(said)
        return value

    def close(self) -> None:
        """Say how often what was told once was heard."""
        for kind, times in self._times.items():
            if times > 1:
                self._write(logging.WARNING, f"{times} times: {self._first[kind]}")
        if self._untold:
            self._write(logging.WARNING, f"{self._untold} more warnings, of other kinds, are not shown")

    def _add(self, said: Logged) -> None:
        for line in said.lines:
            if line.level < logging.WARNING or self._is_first(line.text):
                self._tell(line.level, f"{said.where}: {line.text}")

    def _tell(self, level: int, text: str) -> None:
        """As one line without secrets: names of files may hold anything."""
        line = LogLine.of(level, text)
        self._write(line.level, line.text)

    def _is_first(self, text: str) -> bool:
        """Whether nothing like it was told; texts that differ in their numbers are alike."""
        kind = _NUMBERS.sub("#", text)
        with self._lock:
            if kind not in self._first and len(self._first) >= _MOST_KINDS:
                self._untold += 1
                return False
            self._times[kind] += 1
            self._first.setdefault(kind, text)
            return self._times[kind] == 1


_run_log: ContextVar[RunLog] = ContextVar("run_log")


def current() -> RunLog:
    """The log of the run in this context, or one that nobody reads."""
    return _run_log.get(RunLog())


@contextmanager
def logging_to(log: RunLog) -> Iterator[None]:
    """Work started inside is told of in `log`; at the end, what repeated is counted there."""
    token = _run_log.set(log)
    try:
        yield
    finally:
        _run_log.reset(token)
        log.close()


def video_name(uri: str) -> str:
    """A video's file name, without the rest of its address."""
    path = urlsplit(uri).path if "://" in uri else uri
    return unquote(PurePosixPath(path).name) or "a video"


def clip_names(clip_ids: Sequence[str]) -> str:
    """The first of some clips, and how many more there are."""
    if not clip_ids:
        return "no clip"
    return f"clip {clip_ids[0]}" + (f" and {len(clip_ids) - 1} more" if len(clip_ids) > 1 else "")
