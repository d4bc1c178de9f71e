"""What a re-annotation wants every clip's slot to be: the annotator, told apart by version and parameters."""

from dataclasses import dataclass

from annotators.annotator import Annotator, Needs
from annotators.registry import annotator_class, make_annotator
from annotators.settings import ModelSettings
from annotators.speaking import JUDGED_SLOT, SpeakingThresholds, not_speaking_sql
from datasets.errors import UserError
from datasets.identity import params_hash
from datasets.staleness import Wanted
from flows.environments import find_environment, missing_environment
from flows.ingest_config import AnnotatorResources, HandOptions
from flows.isolated.choice import AnnotatorPlace, place_of
from flows.reannotation.config import ReannotateConfig


@dataclass(frozen=True)
class AnnotatorChoice:
    """Enough to load the annotator, in any process of this environment."""

    name: str  # a slot, or package.module:Class
    hands: HandOptions
    models: ModelSettings

    def load(self) -> Annotator:
        """Raises UserError for what this machine lacks."""
        return make_annotator(
            self.name, hands=self.hands.params, calibration=self.hands.calibration, models=self.models
        )


@dataclass(frozen=True)
class Target:
    """The annotator of a run and what it would write."""

    choice: AnnotatorChoice
    wanted: Wanted
    needs: Needs
    resources: AnnotatorResources
    speaking: SpeakingThresholds
    isolated: AnnotatorPlace | None = None  # where it runs in an environment of its own

    @property
    def slot(self) -> str:
        return self.wanted.slot

    def check(self) -> None:
        """Raise UserError where its environment is not built."""
        name = None if self.isolated is None else self.isolated.environment
        if name is not None and find_environment(name) is None:
            raise UserError(missing_environment(name))


def target_of(config: ReannotateConfig) -> Target:
    """Makes the annotator once, since only then its parameters are known.

    Raises UserError where it does not exist, or lacks something on this machine but its environment.
    """
    kind = annotator_class(config.annotator)
    if kind.name == "hands":
        config.hands.check()
    choice = AnnotatorChoice(config.annotator, config.hands, config.models)
    made = choice.load()
    own = ":" in config.annotator
    return Target(
        choice,
        _wanted(made, config),
        made.needs,
        config.resources or AnnotatorResources(cpus=made.resources.cpus, gpus=made.resources.gpus),
        config.speaking,
        place_of(kind, None if own else config.models) if made.environment else None,
    )


def _wanted(made: Annotator, config: ReannotateConfig) -> Wanted:
    left_out = not_speaking_sql(config.speaking) if made.name == JUDGED_SLOT else None
    optional = tuple(getattr(made, "optional", ()))
    return Wanted(made.name, made.version, params_hash(made.params), tuple(made.reads), optional, left_out)
