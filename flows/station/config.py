"""What a person can set on the station: its ports, its folder, and the lake that its forms start with."""

import hashlib
import os
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from flows.environment import STATE_FOLDER

HOST = "127.0.0.1"  # nobody but this machine: docs/deployment.md tells how others are let in
# With the name below 40, to which Ray adds up to 66 for sockets: Linux limits them to 107.
_MAX_TEMP_CHARACTERS = 20


class StationConfig(BaseModel):
    """One Prefect server, one Ray head and one worker on this machine's loopback interface.

    Folders may be given relative to the current one; they are kept absolute.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", title="Station", validate_default=True)

    port: int = Field(4200, title="Port of the Prefect UI and API", ge=1024, le=65535)
    ray_port: int = Field(6399, title="Port of the Ray head", ge=1024, le=65535)
    state: Path = Field(STATE_FOLDER, title="Folder of history, logs and process ids")
    lake: str | None = Field(None, title="Lake that the forms and the schedules start with")
    roots: tuple[str, ...] = Field((), title="Folders and addresses that runs may use; none: any")

    @field_validator("state")
    @classmethod
    def _whole(cls, folder: Path) -> Path:
        return folder.expanduser().resolve()

    @field_validator("lake")
    @classmethod
    def _whole_lake(cls, lake: str | None) -> str | None:
        return _whole_place(lake) if lake else None

    @field_validator("roots")
    @classmethod
    def _whole_roots(cls, roots: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_whole_place(root) for root in roots)

    @property
    def ui_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.ui_url}/api"

    @property
    def ray_address(self) -> str:
        return f"{HOST}:{self.ray_port}"


def ray_folder(state: Path) -> Path:
    """Where the Ray of this station keeps its sockets: a path of its own, short wherever the state is."""
    system = tempfile.gettempdir()
    parent = "/tmp" if len(system) > _MAX_TEMP_CHARACTERS else system
    name = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:8]
    return Path(parent) / f"emo2-{os.getuid()}-{name}"


def _whole_place(place: str) -> str:
    return place if "://" in place else str(Path(place).expanduser().resolve())
