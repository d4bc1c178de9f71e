"""Counts of a run that must add up: nothing that went in may go missing."""

from collections import Counter
from dataclasses import dataclass, field, fields


class AccountingError(Exception):
    """The counts of a run do not add up: something was lost or doubled."""


@dataclass(frozen=True)
class Counts:
    """Videos in = ingested + known + quarantined; clips cut = kept + filtered + quarantined + known."""

    videos: int = 0
    videos_ingested: int = 0
    videos_known: int = 0
    videos_quarantined: int = 0
    clips: int = 0
    clips_kept: int = 0
    clips_filtered: int = 0
    clips_quarantined: int = 0
    clips_known: int = 0
    frames_kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def check(self) -> None:
        """Raise AccountingError unless both sums hold."""
        outcomes = self.videos_ingested + self.videos_known + self.videos_quarantined
        if self.videos != outcomes:
            raise AccountingError(f"{self.videos} videos went in and {outcomes} came out: {self}")
        outcomes = self.clips_kept + self.clips_filtered + self.clips_quarantined + self.clips_known
        if self.clips != outcomes:
            raise AccountingError(f"{self.clips} clips were cut and {outcomes} came out: {self}")

    def sentence(self) -> str:
        """The run in one line, for a state's message and the end of a terminal run."""
        return (
            f"{self.videos} videos: {self.videos_ingested} ingested, {self.videos_known} already known, "
            f"{self.videos_quarantined} quarantined; {self.clips} clips: {self.clips_kept} kept, "
            f"{self.clips_filtered} filtered, {self.clips_quarantined} quarantined"
            + (f", {self.clips_known} already known" if self.clips_known else "")
        )

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """For the `runs` table: plain numbers."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {"reasons": dict(self.reasons)}
