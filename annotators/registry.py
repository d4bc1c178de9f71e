"""The annotators of this version, in the order they run: each may read the columns of those before it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from annotators.annotator import Annotator


def annotator_classes() -> tuple[type[Annotator], ...]:
    """Classes whose construction loads a model; imported here so that listing them costs nothing elsewhere."""
    from annotators.body import BodyAnnotator
    from annotators.hands import HandsAnnotator
    from annotators.motion import MotionAnnotator

    return (BodyAnnotator, HandsAnnotator, MotionAnnotator)


def make_annotators(
    names: Collection[str], *, hands: Mapping[str, Any] | None = None, calibration: Path | None = None
) -> tuple[Annotator, ...]:
    """The named annotators, loaded, in the order they run.

    hands: fields of HandsParams that differ from its defaults; calibration: of the hands' confidence, None for
    the one that comes along. Raises UserError for a hand model, backend or calibration this machine lacks.
    """
    from annotators.hands import HandsAnnotator, HandsParams
    from annotators.hands.calibration import Calibration

    def made(kind: type[Annotator]) -> Annotator:
        if kind is HandsAnnotator:
            return HandsAnnotator(HandsParams(**(hands or {})), calibration=Calibration.load(calibration))
        return kind()

    return tuple(made(kind) for kind in annotator_classes() if kind.name in names)
