"""A label as a run of the lake; free of Prefect, so that it runs in a test or a terminal without a server."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from annotators.speaking import JUDGED_BY, SpeakingThresholds, judged_again
from datasets.lake import Lake
from datasets.style import Style
from datasets.style_labels import Told, Verdict, write_told
from flows.labels.choice import LabelPlan, plan_labels
from flows.labels.config import CLEAR, LabelConfig
from flows.ledger import recorded

FLOW = "label"
_DANCE: Style = "gesture_dance"


@dataclass(frozen=True)
class LabelCounts:
    """What the ledger keeps beside the configuration."""

    style: str
    chosen: int = 0
    changed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"style": self.style, "chosen": self.chosen, "changed": self.changed}

    def sentence(self, *, dry_run: bool = False) -> str:
        """For people."""
        would = "would be " if dry_run else ""
        done = "taken back" if self.style == CLEAR else f"labelled {self.style}"
        same = self.chosen - self.changed
        rest = f"; {same} of the {self.chosen} chosen have nothing to change" if same else ""
        return f"{self.changed} clips {would}{done}{rest}"


def verdict(thresholds: SpeakingThresholds) -> Verdict:
    """Nobody needs to speak in a gesture dance: a clip that becomes one, or is none any more, is judged again."""

    def judge(row: Mapping[str, Any], told: Told) -> tuple[bool | None, str | None, str | None]:
        before = (row["keep"], row["reason"], row["detail"])
        if (row["style_told"] == _DANCE) == (told.style == _DANCE):
            return before
        return judged_again(before, {**row, "style_told": told.style}, thresholds)

    return Verdict(JUDGED_BY, judge)


def of_label(counted: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The counts of a run's page."""
    yield "Clips chosen", counted["chosen"]
    yield "Clips changed", counted["changed"]


def label_lake(config: LabelConfig, plan: LabelPlan | None = None) -> LabelCounts:
    """Plan, unless that was done before and shown, and carry out; the counts.

    Raises LakeError beside a takedown. A run that changes nothing leaves no trace.
    """
    lake = Lake.open(config.lake)
    plan = plan or plan_labels(lake, config)
    counts = LabelCounts(config.style, plan.chosen, len(plan.told))
    if config.dry_run or not plan.told:
        return counts
    with recorded(lake, FLOW, config) as run:
        changed = write_told(lake, plan.told, verdict(config.speaking))
        counts = LabelCounts(config.style, plan.chosen, changed)
        run.counts = counts
    return counts
