"""Which clips an annotator has to do again, as SQL over `clips`: what it would write now against what is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import lance

from datasets.provenance import inputs_sql
from datasets.reasons import Reason

# SQL: the clip has media and labels, and is worth having new ones. What the annotators alone found unfit is among
# them: when they see more, it may be kept after all.
ANNOTATED: Final = f"(keep IS TRUE OR COALESCE(reason, '') = '{Reason.NOT_SPEAKING}')"

NEVER, VERSION, PARAMETERS, INPUTS, BOUNDS = (
    "never annotated",
    "another version",
    "other parameters",
    "changed inputs",
    "kept by other bounds",
)
WHY = (NEVER, VERSION, PARAMETERS, INPUTS, BOUNDS)  # the first that holds is told


@dataclass(frozen=True)
class Wanted:
    """What an annotator would write now."""

    slot: str
    version: str
    params_hash: str
    reads: tuple[str, ...] = ()  # slots it is derived from
    optional: tuple[str, ...] = ()  # those of them that it can do without
    # SQL where the slot decides whether a clip is kept: it would not be, by the bounds in force now.
    left_out: str | None = None

    @property
    def stale(self) -> str:
        """SQL: the clip has labels, and its slot is not what would be written now."""
        return f"{ANNOTATED} AND ({' OR '.join(self.reasons.values())})"

    @property
    def waits(self) -> str:
        """SQL: a slot this one cannot do without is null."""
        needed = [slot for slot in self.reads if slot not in self.optional]
        return " OR ".join(f"{slot}_src.version IS NULL" for slot in needed) or "clip_id IS NULL"

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why a clip with labels is stale, in the order of `WHY`, and the SQL of each; more than one may hold."""
        source = f"{self.slot}_src"
        return {
            NEVER: f"{source}.version IS NULL",  # not the struct itself: that reads all its fields
            VERSION: _differs(f"{source}.version", _quoted(self.version)),
            PARAMETERS: _differs(f"{source}.params_hash", _quoted(self.params_hash)),
            INPUTS: _other_inputs(self.slot, self.reads),
            BOUNDS: f"((keep IS TRUE) = ({self.left_out}))" if self.left_out else "clip_id IS NULL",
        }


@dataclass(frozen=True)
class StaleClip:
    """A clip to be done again and where it lies."""

    clip_id: str
    n_frames: int
    fragment_id: int
    why: str
    waits: bool  # for a slot that is null: it cannot be done now


def stale_clips(table: lance.LanceDataset, wanted: Wanted, where: str | None = None) -> Iterator[StaleClip]:
    """The stale clips of a version of `clips` for which the SQL `where` holds, in the order of the table."""
    columns = {"clip_id": "clip_id", "n_frames": "n_frames", "waits": wanted.waits, **wanted.reasons}
    condition = f"({wanted.stale}) AND ({where})" if where else wanted.stale
    for batch in table.to_batches(columns=columns, filter=condition, with_row_address=True):
        for row in batch.to_pylist():
            why = next(reason for reason in WHY if row[reason])
            yield StaleClip(row["clip_id"], row["n_frames"] or 0, row["_rowaddr"] >> 32, why, row["waits"])


def changed_inputs(slot: str, reads: Sequence[str]) -> str:
    """SQL: the clip has the slot, derived from values of `reads` that have been replaced since."""
    return f"{ANNOTATED} AND {slot}_src.version IS NOT NULL AND {_other_inputs(slot, reads)}"


def _other_inputs(slot: str, reads: Sequence[str]) -> str:
    return _differs(f"{slot}_inputs", inputs_sql(reads))


def _differs(column: str, value: str) -> str:
    """Null-safe. In brackets, since the parser would take an OR that follows as part of the value."""
    return f"({column} IS DISTINCT FROM ({value}))"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
