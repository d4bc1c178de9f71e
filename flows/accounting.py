"""Counts of a run that must add up: nothing that went in may go missing."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

import pyarrow as pa

from datasets.reasons import FILTER_REASONS
from flows.costs import Costs


class AccountingError(Exception):
    """The counts of a run do not add up: something was lost or doubled."""


@dataclass(frozen=True)
class Counts:
    """Videos in = ingested + known + quarantined + forgotten; clips cut = kept + filtered + quarantined + known."""

    videos: int = 0
    videos_ingested: int = 0
    videos_known: int = 0
    videos_quarantined: int = 0
    videos_forgotten: int = 0  # taken down earlier, so not taken in again
    clips: int = 0
    clips_kept: int = 0
    clips_filtered: int = 0
    clips_quarantined: int = 0
    clips_known: int = 0
    frames_kept: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    costs: Costs = field(default_factory=Costs)

    @classmethod
    def of_clips(cls, rows: pa.Table) -> "Counts":
        """Of rows of `clips`: what became of each, and why."""
        chosen = rows.select(["keep", "reason", "n_frames"]).to_pylist()
        kept = [row for row in chosen if row["keep"]]
        reasons = Counter(row["reason"] for row in chosen if row["reason"])
        filtered = sum(reasons[reason] for reason in FILTER_REASONS)
        return cls(
            clips_kept=len(kept),
            clips_filtered=filtered,
            clips_quarantined=len(chosen) - len(kept) - filtered,
            frames_kept=sum(row["n_frames"] for row in kept),
            reasons=reasons,
        )

    @classmethod
    def of_video(cls, row: dict[str, Any]) -> "Counts":
        """Of a row of `videos`."""
        if row["status"] == "ingested":
            return cls(videos_ingested=1)
        return cls(videos_quarantined=1, reasons=Counter([row["reason"]]))

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    @property
    def videos_done(self) -> int:
        """Whatever came of them."""
        return self.videos_ingested + self.videos_known + self.videos_quarantined + self.videos_forgotten

    def check(self) -> None:
        """Raise AccountingError unless both sums hold."""
        if self.videos != self.videos_done:
            raise AccountingError(f"{self.videos} videos went in and {self.videos_done} came out: {self}")
        outcomes = self.clips_kept + self.clips_filtered + self.clips_quarantined + self.clips_known
        if self.clips != outcomes:
            raise AccountingError(f"{self.clips} clips were cut and {outcomes} came out: {self}")

    def sentence(self) -> str:
        """The run in one line, for a state's message and the end of a terminal run."""
        return (
            f"{self.videos} videos: {self.videos_ingested} ingested, {self.videos_known} already known, "
            f"{self.videos_quarantined} quarantined"
            + (f", {self.videos_forgotten} forgotten" if self.videos_forgotten else "")
            + f"; {self.clips} clips: {self.clips_kept} kept, "
            f"{self.clips_filtered} filtered, {self.clips_quarantined} quarantined"
            + (f", {self.clips_known} already known" if self.clips_known else "")
        )

    def as_dict(self) -> dict[str, Any]:
        """For the `runs` table: plain numbers, the reasons and the costs."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain | {"reasons": dict(self.reasons), "costs": self.costs.as_dict()}
