"""The lake and the roots of the last `make up`, which the next one takes where it names none."""

import json
from pathlib import Path

from flows.station.config import StationConfig

_FILE = "choices.json"


def with_choices(
    *, port: int, ray_port: int, state: Path, lake: str | None, roots: tuple[str, ...] | None
) -> StationConfig:
    """None: as it was the last time; an empty lake or no roots at all: none any more. Kept for the next time."""
    config = StationConfig(port=port, ray_port=ray_port, state=state, lake=lake, roots=roots or ())
    before = _read(config.state)
    update = {
        "lake": before.lake if lake is None else config.lake,
        "roots": before.roots if roots is None else config.roots,
    }
    chosen = config.model_copy(update=update)
    _write(chosen)
    return chosen


def _read(state: Path) -> StationConfig:
    try:
        return StationConfig(state=state, **json.loads((state / _FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return StationConfig(state=state)


def _write(config: StationConfig) -> None:
    config.state.mkdir(parents=True, exist_ok=True)
    (config.state / _FILE).write_text(config.model_dump_json(include={"lake", "roots"}))
