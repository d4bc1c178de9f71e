"""What is known of a station between two commands: a JSON file beside its logs."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from datasets.locks.file_lock import lock, opened
from flows.station.daemon import Daemon

_FILE = "station.json"


@dataclass(frozen=True)
class Record:
    """The programs that were started, and at which addresses they answer."""

    ui_url: str
    api_url: str
    ray_address: str
    roots: tuple[str, ...] = ()  # what the worker was started with
    daemons: tuple[Daemon, ...] = ()

    @property
    def alive(self) -> tuple[Daemon, ...]:
        return tuple(daemon for daemon in self.daemons if daemon.is_alive)

    def find(self, name: str) -> Daemon | None:
        """The program of this name, if it is at work."""
        return next((daemon for daemon in self.alive if daemon.name == name), None)

    def having(self, daemon: Daemon) -> "Record":
        """With this program in place of an earlier one of its name."""
        others = tuple(each for each in self.daemons if each.name != daemon.name)
        return replace(self, daemons=(*others, daemon))


def read_record(state: Path) -> Record | None:
    """None where nothing was started in this folder, or what was written cannot be read."""
    try:
        told = json.loads((state / _FILE).read_text())
        daemons = tuple(Daemon(**{**each, "log": Path(each["log"])}) for each in told.pop("daemons"))
        return Record(**{**told, "roots": tuple(told["roots"])}, daemons=daemons)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_record(state: Path, record: Record) -> None:
    """Whole or not at all."""
    partial = state / f".{_FILE}"
    partial.write_text(json.dumps(asdict(record), indent=2, default=str))
    os.replace(partial, state / _FILE)


def forget_record(state: Path) -> None:
    """After everything was stopped; history and logs stay."""
    (state / _FILE).unlink(missing_ok=True)


@contextmanager
def one_at_a_time(state: Path) -> Iterator[None]:
    """Waits for another start or stop of this station: two starts at once would start everything twice."""
    with opened(state / ".starting") as descriptor:
        lock(descriptor)
        yield
