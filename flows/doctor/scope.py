"""What the doctor looks at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flows.doctor.finding import Finding
from flows.station.config import StationConfig
from flows.station.record import Record, read_record


@dataclass(frozen=True)
class Scope:
    """This machine, the station of one folder, and perhaps a lake."""

    state: Path  # folder of the station
    port: int  # of the Prefect UI
    ray_port: int
    lake: str | None = None

    @property
    def station(self) -> Record | None:
        """What `make up` started in this folder, at work or not."""
        return read_record(self.state)


Check = Callable[[Scope], Iterable[Finding]]


def scope_of(*, state: Path, lake: str | None, port: int | None, ray_port: int | None) -> Scope:
    """With the station's ports where none are given, else those that `make up` takes by itself."""
    record, usual = read_record(state), StationConfig(state=state)
    ours = (_port(record.api_url), _port(f"ray://{record.ray_address}")) if record else (None, None)
    return Scope(
        state=state.absolute(),
        port=port or ours[0] or usual.port,
        ray_port=ray_port or ours[1] or usual.ray_port,
        lake=lake,
    )


def _port(address: str) -> int | None:
    return urlsplit(address).port
