"""An annotator told by the place of its class, so that a process makes it without importing any other."""

from dataclasses import dataclass
from typing import Any, Final, cast

from annotators.annotator import Annotator, Needs
from annotators.registry import annotator_class
from annotators.settings import ModelSettings

PYTHON_VARIABLE: Final = (
    "EMO2_ISOLATED_PYTHON"  # tells a task which interpreter it should have been started with
)


@dataclass(frozen=True)
class AnnotatorPlace:
    """Travels into other environments, so it holds nothing that has to be imported but this module."""

    slot: str
    place: str  # package.module:Class
    environment: str | None
    reads: tuple[str, ...]
    needs: Needs
    models: str | None = None  # ModelSettings as JSON; None for a class that takes no arguments

    def load(self) -> Annotator:
        """The annotator, made in the process that it is to run in."""
        kind = annotator_class(self.place)
        if self.models is None:
            return kind()
        settings = ModelSettings.model_validate_json(self.models)
        return cast(Any, kind)(getattr(settings, self.slot))


def place_of(kind: type[Annotator], models: ModelSettings | None) -> AnnotatorPlace:
    """models: for one of ours; None for a class of one's own, which takes no arguments."""
    takes = models is not None and kind.name in type(models).model_fields
    return AnnotatorPlace(
        kind.name,
        f"{kind.__module__}:{kind.__qualname__}",
        kind.environment,
        tuple(kind.reads),
        kind.needs,
        models.model_dump_json() if models is not None and takes else None,
    )
