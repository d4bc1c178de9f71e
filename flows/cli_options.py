"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated, Any

import typer

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


def hand_fields(model: str, calibration: Path | None, backend: str) -> dict[str, Any]:
    """Fields of `HandOptions`; a calibration's path is made absolute, since workers start elsewhere."""
    return {
        "model": model,
        "backend": backend,
        "calibration": calibration.resolve() if calibration else None,
    }
