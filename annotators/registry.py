"""The annotators of this version, in the order they run: each may read the columns of those before it.

One of your own is named by its place, as in "my_package.hands:BetterHands".
"""

from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from annotators.annotator import Annotator
from annotators.settings import ModelSettings
from datasets.errors import UserError
from datasets.schema import SLOTS


def annotator_classes() -> tuple[type[Annotator], ...]:
    """Classes whose construction loads a model; imported here so that listing them costs nothing elsewhere."""
    from annotators.audio import AudioAnnotator
    from annotators.body import BodyAnnotator
    from annotators.face import FaceAnnotator
    from annotators.fingerprint import FingerprintAnnotator
    from annotators.hands import HandsAnnotator
    from annotators.motion import MotionAnnotator
    from annotators.reference import ReferenceAnnotator
    from annotators.speaker import SpeakerAnnotator
    from annotators.speech import SpeechAnnotator
    from annotators.style import StyleAnnotator

    return (
        BodyAnnotator,
        HandsAnnotator,
        MotionAnnotator,
        FingerprintAnnotator,
        FaceAnnotator,
        AudioAnnotator,
        ReferenceAnnotator,
        SpeechAnnotator,
        SpeakerAnnotator,
        StyleAnnotator,
    )


def annotator_class(name: str) -> type[Annotator]:
    """The class that fills the slot `name`, or the one at "package.module:Class".

    Raises UserError where there is none, and where a class of one's own is no annotator.
    """
    if ":" in name:
        return _own_class(name)
    known = {kind.name: kind for kind in annotator_classes()}
    if name not in known:
        raise UserError(
            f"no annotator {name!r}: give {', '.join(known)}, or package.module:Class for one of your own"
        )
    return known[name]


def make_annotator(
    name: str,
    *,
    hands: Mapping[str, Any] | None = None,
    calibration: Path | None = None,
    models: ModelSettings | None = None,
) -> Annotator:
    """One annotator, loaded; `name` as for `annotator_class`, the rest as for `make_annotators`.

    A class of one's own is made without arguments, one derived from HandsAnnotator with those of the hands.
    """
    return _made(annotator_class(name), hands, calibration, models or ModelSettings())


def make_annotators(
    names: Collection[str],
    *,
    hands: Mapping[str, Any] | None = None,
    calibration: Path | None = None,
    models: ModelSettings | None = None,
) -> tuple[Annotator, ...]:
    """The annotators of these slots, loaded, in the order they run.

    hands: fields of HandsParams that differ from its defaults; calibration: of the hands' confidence, None for
    the one that comes along; models: of the annotators that run on models of others. Raises UserError for a hand
    model, backend or calibration this machine lacks.
    """
    settings = models or ModelSettings()
    kinds = [kind for kind in annotator_classes() if kind.name in names]
    return tuple(_made(kind, hands, calibration, settings) for kind in kinds)


def readers_of(slot: str) -> tuple[type[Annotator], ...]:
    """The annotators whose values are derived from this slot's, in the order they run."""
    return tuple(kind for kind in annotator_classes() if slot in kind.reads)


def _made(
    kind: type[Annotator], hands: Mapping[str, Any] | None, calibration: Path | None, models: ModelSettings
) -> Annotator:
    from annotators.hands import HandsAnnotator, HandsParams
    from annotators.hands.calibration import Calibration

    if issubclass(kind, HandsAnnotator):
        return kind(HandsParams(**(hands or {})), calibration=Calibration.load(calibration))
    if kind in annotator_classes() and kind.name in type(models).model_fields:
        return cast(Any, kind)(getattr(models, kind.name))
    return kind()


def _own_class(name: str) -> type[Annotator]:
    module, _, attribute = name.partition(":")
    try:
        kind = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"no annotator {name} ({error}): give package.module:Class, with the package's folder in PYTHONPATH"
        ) from error
    if problem := _problem(kind):
        raise UserError(f"{name} is no annotator: {problem}; annotators/annotator.py says what one has")
    return kind


_MEMBERS = ("version", "resources", "environment", "reads", "needs", "params", "annotate")


def _problem(kind: Any) -> str | None:
    slot = getattr(kind, "name", None)
    if slot not in SLOTS:
        return f"its name is {slot!r}, which is no slot: {', '.join(SLOTS)}"
    if missing := [member for member in _MEMBERS if not hasattr(kind, member)]:
        return f"it lacks {', '.join(missing)}"
    if getattr(kind, "schema", None) != SLOTS[slot]:
        return f"its schema is not that of the slot {slot} in datasets/schema.py"
    if unknown := [read for read in kind.reads if read not in SLOTS or read == slot]:
        return f"it reads {', '.join(unknown)}, which is no other slot"
    return None
