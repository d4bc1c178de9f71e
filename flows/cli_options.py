"""Options that several commands share, so that they read the same everywhere."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from datasets.errors import UserError

LakeOption = Annotated[
    str, typer.Option(help="The lake: a folder, or an object-store URI such as s3://bucket/lake")
]
RayAddressOption = Annotated[str | None, typer.Option(help="A running Ray cluster; by default this machine")]
HandModelOption = Annotated[
    str, typer.Option(help="What is fitted to the hands: neutral, or a name from `emo2 models list`")
]
HandCalibrationOption = Annotated[
    Path | None,
    typer.Option(help="Calibration of the hands' confidence by `emo2 calibrate`; by default ours"),
]
HandBackendOption = Annotated[
    str,
    typer.Option(help="What finds the hands: mediapipe, or wilor or hamer, set up as docs/hands.md says"),
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="Of an annotator of face, sound or stills, such as speech.recognition=whisper-tiny (an id of"
        " `emo2 models list`, a Hub repository or a folder) or speech.language=en; may be given several times",
    ),
]
SpeakerScoreOption = Annotated[
    float | None,
    typer.Option(
        "--min-speaker-score",
        help="Clips whose mouth moves less surely with the sound are not kept, 0 to 1; 0 keeps whoever is seen",
    ),
]


def hand_fields(model: str, calibration: Path | None, backend: str) -> dict[str, Any]:
    """Fields of `HandOptions`; a calibration's path is made absolute, since workers start elsewhere."""
    return {
        "model": model,
        "backend": backend,
        "calibration": calibration.resolve() if calibration else None,
    }


def model_fields(options: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Fields of `ModelSettings` from texts such as "speech.recognition=whisper-tiny", which pydantic checks.

    "none" stands for None, a comma parts the numbers of `audio.layers`, and a folder is made absolute, since workers
    start elsewhere. Raises UserError for what is not SLOT.FIELD=VALUE.
    """
    settings: dict[str, dict[str, Any]] = {}
    for option in options:
        name, sign, value = option.partition("=")
        slot, dot, field = name.partition(".")
        if not (sign and dot and slot and field and value):
            raise UserError(
                f"--model {option!r} is not a slot, a field and a value:"
                " give for example speech.recognition=whisper-tiny"
            )
        settings.setdefault(slot, {})[field] = _setting(field, value)
    return settings


def _setting(field: str, value: str) -> Any:
    if value == "none":
        return None
    if field == "layers":
        return value.split(",")
    return str(Path(value).expanduser().resolve()) if value.startswith(("/", ".", "~")) else value
