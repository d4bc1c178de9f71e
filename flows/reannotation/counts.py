"""What a re-annotation came to: every stale clip it chose is accounted for."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from flows.accounting import AccountingError
from flows.costs import Costs
from flows.reannotation.work import Failure


@dataclass(frozen=True)
class ReannotateCounts:
    """Clips chosen = replaced + failed + gone."""

    chosen: int = 0  # stale, and fit to be done
    replaced: int = 0
    failed: int = 0  # could not be done, and keep the values they had
    gone: int = 0  # deleted, or done by somebody else, before they could be replaced
    resumed: int = 0  # of an earlier run that was stopped: found done, and replaced as this one began
    waiting: int = 0  # stale, but without a slot they are derived from
    annotated: int = 0  # more than replaced where fragments changed meanwhile
    why: Counter[str] = field(default_factory=Counter)
    failures: tuple[Failure, ...] = ()
    costs: Costs = field(default_factory=Costs)

    def __add__(self, other: "ReannotateCounts") -> "ReannotateCounts":
        return ReannotateCounts(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    def check(self) -> None:
        """Raise AccountingError unless the sum holds."""
        outcomes = self.replaced + self.failed + self.gone
        if self.chosen != outcomes:
            raise AccountingError(f"{self.chosen} clips were chosen and {outcomes} came out: {self}")

    def sentence(self, slot: str) -> str:
        """The run in one line."""
        told = {"resumed from an earlier run": self.resumed, "failed": self.failed, "gone": self.gone}
        more = [f"{count} {what}" for what, count in told.items() if count]
        return ", ".join([f"{slot}: {self.replaced} of {self.chosen} stale clips replaced", *more])

    def as_dict(self) -> dict[str, Any]:
        """For the `runs` table: plain numbers, the reasons and the costs."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.type is int}
        return plain | {"why": dict(self.why), "costs": self.costs.as_dict()}
