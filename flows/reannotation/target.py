"""What a re-annotation wants every clip's slot to be: the annotator, told apart by version and parameters."""

from dataclasses import dataclass

from annotators.annotator import Annotator
from annotators.registry import annotator_class, make_annotator
from datasets.errors import UserError
from datasets.identity import params_hash
from datasets.staleness import Wanted
from flows.ingest_config import AnnotatorResources, HandOptions
from flows.reannotation.config import ReannotateConfig


@dataclass(frozen=True)
class AnnotatorChoice:
    """Enough to load the annotator, in any process."""

    name: str  # a slot, or package.module:Class
    hands: HandOptions

    def load(self) -> Annotator:
        """Raises UserError for what this machine lacks."""
        return make_annotator(self.name, hands=self.hands.params, calibration=self.hands.calibration)


@dataclass(frozen=True)
class Target:
    """The annotator of a run and what it would write."""

    choice: AnnotatorChoice
    wanted: Wanted
    needs_media: bool
    resources: AnnotatorResources

    @property
    def slot(self) -> str:
        return self.wanted.slot


def target_of(config: ReannotateConfig) -> Target:
    """Loads the annotator once, since only then its parameters are known.

    Raises UserError where it does not exist, or lacks something on this machine.
    """
    kind = annotator_class(config.annotator)
    if kind.name == "hands":
        config.hands.check()
    choice = AnnotatorChoice(config.annotator, config.hands)
    made = choice.load()
    if made.environment is not None:
        raise UserError(
            f"{config.annotator} runs in the environment {made.environment}, which a re-annotation cannot start:"
            " give one that runs in the main environment"
        )
    resources = AnnotatorResources(cpus=made.resources.cpus, gpus=made.resources.gpus)
    wanted = Wanted(made.name, made.version, params_hash(made.params), tuple(made.reads))
    return Target(choice, wanted, made.needs_media, config.resources or resources)
