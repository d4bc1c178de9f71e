"""What a run lacks, said once: a model or an environment, and the command that gets it."""

import pyarrow as pa
import pyarrow.compute as pc

from datasets.schema import SLOTS
from flows.progress import Listener
from flows.run_page.worker_log import RunLog

_COMMAND = "run `emo2 "  # of the sentences about what a person can get; others are about the clip alone
_REASONS = {slot: f"{slot}_reason" for slot, columns in SLOTS.items() if f"{slot}_reason" in columns.names}


def tell(sentence: str, log: RunLog, listener: Listener) -> None:
    """To the run's log and to whoever watches, unless this run has told it already."""
    if log.once(sentence):
        listener.remark(sentence)


def tell_missing(rows: pa.Table, log: RunLog, listener: Listener) -> None:
    """`tell` every reason in these rows of `clips`, or of a slot, that a command would do away with."""
    for slot, name in _REASONS.items():
        if name in rows.column_names:
            for reason in sorted(pc.unique(rows[name]).drop_null().to_pylist()):  # type: ignore[attr-defined]
                if _COMMAND in reason:
                    tell(f"{slot}: {reason}", log, listener)
