"""Artifacts of a run, under the tab of that name: there however it ends, and once however often it is retried."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from prefect import runtime
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey

from datasets.lake import Lake
from datasets.schema import TABLES
from flows.ledger import RunRecord
from flows.run_page.log import run_logger

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Artifact:
    """Rows of a table, or markdown."""

    key: str
    content: Sequence[Row] | str
    description: str
    is_empty: bool = False  # says that there is nothing: what an earlier try has shown stays


@dataclass(frozen=True)
class TableState:
    """A table at its newest version."""

    version: int
    rows: int


@dataclass
class Page:
    """What a run's artifacts are made of; `run` is set once it stands in the ledger, and counts as it goes on."""

    lake: Lake
    before: Mapping[str, TableState]  # table -> what it was as the run began
    run: RunRecord | None = None


Piece = Callable[[Page], Artifact | None]  # None: there is nothing to show


@contextmanager
def artifacts(lake: Lake, *pieces: Piece, unless: tuple[type[Exception], ...] = ()) -> Iterator[Page]:
    """Shows each piece when the block has completed or failed; not when it is cancelled, which has to end soon.

    unless: what a block that was cancelled may raise besides signals.
    """
    page = Page(lake, table_states(lake))
    try:
        yield page
    except unless:
        raise
    except Exception:
        show(page, pieces)
        raise
    show(page, pieces)


def table_states(lake: Lake) -> dict[str, TableState]:
    """Every table as it is now."""
    newest = {name: lake.table(name) for name in TABLES}
    return {name: TableState(table.version, table.count_rows()) for name, table in newest.items()}


def show(page: Page, pieces: Sequence[Piece]) -> None:
    """Publish the pieces one after the other; one that fails is told in the run's log and stops nothing."""
    if runtime.flow_run.id is None:  # outside a flow run there is no page
        return
    for piece in pieces:
        try:
            artifact = piece(page)
            if artifact is not None:
                publish(artifact)
        except Exception as error:  # the run's work is done, and must not be lost for its picture
            name = getattr(piece, "__name__", "a piece")
            run_logger().warning(
                "no artifact from %s, since it failed; the lake is unharmed: %s: %s",
                name, type(error).__name__, error,
            )  # fmt: skip


def publish(artifact: Artifact) -> None:
    """Put it on the run's page, in the place of what an earlier try of the same run put there."""
    if _replaced(artifact):
        return
    if isinstance(artifact.content, str):
        create_markdown_artifact(artifact.content, key=artifact.key, description=artifact.description)
    else:
        rows = [dict(row) for row in artifact.content]
        create_table_artifact(rows, key=artifact.key, description=artifact.description)


def _replaced(artifact: Artifact) -> bool:
    if runtime.flow_run.run_count < 2:
        return False
    of_this_run = ArtifactFilter(
        key=ArtifactFilterKey(any_=[artifact.key]),
        flow_run_id=ArtifactFilterFlowRunId(any_=[runtime.flow_run.id]),
    )
    with get_client(sync_client=True) as client:
        earlier = client.read_artifacts(artifact_filter=of_this_run)
        for each in earlier if not artifact.is_empty else ():
            client.update_artifact(each.id, _update(artifact))
    return bool(earlier)


def _update(artifact: Artifact) -> ArtifactUpdate:
    whole = artifact.content
    data = whole if isinstance(whole, str) else json.dumps([dict(row) for row in whole])
    return ArtifactUpdate(data=data, description=artifact.description)
