"""What a run committed: each table's version before and after it."""

from collections.abc import Mapping
from typing import Any

from datasets.counts import is_in
from flows.run_page.publish import Artifact, Page, Piece, table_states

KEY = "versions"
_RUN_ID_IN = dict.fromkeys(("videos", "clips", "runs", "snapshots"), "run_id")


def versions(run_id_in: Mapping[str, str] | None = None) -> Piece:
    """The piece of a run's page. run_id_in: table -> column with the run's id, where it is another than `run_id`."""
    columns = {**_RUN_ID_IN, **(run_id_in or {})}

    def versions_table(page: Page) -> Artifact | None:
        rows = version_rows(page, columns)
        if page.run is None and all(row["version before"] == row["version after"] for row in rows):
            return None
        return Artifact(
            KEY,
            rows,
            "The tables before and after this run. Others may have written to the lake meanwhile: `rows of this run`"
            " counts those that carry its id.",
        )

    return versions_table


def version_rows(page: Page, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row a table."""
    return [
        {
            "table": name,
            "version before": page.before[name].version,
            "version after": after.version,
            "rows before": page.before[name].rows,
            "rows after": after.rows,
            "rows added": after.rows - page.before[name].rows,
            "rows of this run": _own(page, name, columns.get(name)),
        }
        for name, after in table_states(page.lake).items()
    ]


def _own(page: Page, table: str, column: str | None) -> int | str:
    """A dash, which as a hyphen would be a bullet in the UI, for a table whose rows do not say who made them."""
    if page.run is None or not page.run.run_id or column is None:
        return "–"
    return page.lake.table(table).count_rows(is_in(column, [page.run.run_id]))
