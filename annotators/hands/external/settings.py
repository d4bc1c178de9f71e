"""Where a user's WiLoR and HaMeR are: one TOML file with a table for each."""

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from annotators.hands.external.worker import BackendError
from datasets.hand.store import models_folder

Kind = Literal["wilor", "hamer"]
FILE_VARIABLE = "EMO2_BACKENDS"
# Below the folder, as each repository's README has them.
_WEIGHTS = {
    "wilor": "pretrained_models/wilor_final.ckpt",
    "hamer": "_DATA/hamer_ckpts/checkpoints/hamer.ckpt",
}
_WILOR_CONFIG, _WILOR_DETECTOR = "pretrained_models/model_config.yaml", "pretrained_models/detector.pt"
_HASHED_BYTES = 2**20


class ExternalSettings(BaseModel):
    """One backend in an environment of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="External hand backend")

    kind: Kind = Field(title="Backend")
    python: Path = Field(title="Interpreter", description="Of the environment the backend is installed in")
    folder: Path = Field(
        title="Folder", description="The backend's repository, with its weights and MANO in it"
    )
    weights: Path | None = Field(None, title="Weights", description="By default where its README puts them")
    config: Path | None = Field(None, title="Model configuration", description="WiLoR only")
    detector: Path | None = Field(None, title="Hand detector", description="WiLoR only")
    device: str = Field(
        "auto", title="Device", description="auto, cpu, cuda or cuda:N", pattern=r"^[a-z]+(:\d+)?$"
    )
    start_deadline_s: float = Field(600, title="Deadline for loading (s)", gt=0)
    deadline_s_per_frame: float = Field(10, title="Deadline per frame (s)", gt=0)

    @property
    def files(self) -> dict[str, Path]:
        """What must be there, by the name of its setting."""
        files = {
            "python": self.python,
            "folder": self.folder,
            "weights": self.weights or self.folder / _WEIGHTS[self.kind],
        }
        if self.kind == "hamer":
            return files
        config, detector = self.folder / _WILOR_CONFIG, self.folder / _WILOR_DETECTOR
        return files | {"config": self.config or config, "detector": self.detector or detector}

    def check(self) -> None:
        """Raise BackendError for the first file that is not there or not a file, or a folder that is none."""
        for name, path in self.files.items():
            if not (path.is_dir() if name == "folder" else path.is_file()):
                remedy = f"set {name} under {self.kind} in the backends file, see docs/hands.md"
                raise BackendError(f"{self.kind}: {name} {path} is not there: {remedy}")

    @property
    def name(self) -> str:
        """For the provenance: the kind and 12 hex digits of a hash of the weights' size, first and last megabyte.

        Raises BackendError where the weights cannot be read.
        """
        path = self.files["weights"]
        try:
            size = path.stat().st_size
            digest = hashlib.sha256(str(size).encode())
            with path.open("rb") as file:
                digest.update(file.read(_HASHED_BYTES))
                file.seek(max(size - _HASHED_BYTES, 0))
                digest.update(file.read(_HASHED_BYTES))
        except OSError as error:
            raise BackendError(
                f"{self.kind}: weights {path} cannot be read ({error.strerror}): check its permissions"
            ) from error
        return f"{self.kind}-{digest.hexdigest()[:12]}"


def backends_file() -> Path:
    """EMO2_BACKENDS, else backends.toml in the models folder."""
    chosen = os.environ.get(FILE_VARIABLE)
    return Path(chosen) if chosen else models_folder() / "backends.toml"


def configured_backends(file: Path | None = None) -> dict[str, ExternalSettings]:
    """The backends that `file` (by default `backends_file()`) has a table for; none where there is no file.

    Raises BackendError for a file that cannot be understood.
    """
    file = file or backends_file()
    if not file.is_file():
        return {}
    try:
        tables = tomllib.loads(file.read_text())
        return {
            kind: ExternalSettings.model_validate(table | {"kind": kind}) for kind, table in tables.items()
        }
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BackendError(
            f"{file}: {where} {first['input']!r}: {first['msg']}; see docs/hands.md"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise BackendError(f"{file} is not a TOML file of backends ({error}); see docs/hands.md") from error
    except OSError as error:
        raise BackendError(f"{file} cannot be read ({error.strerror}): check its permissions") from error
