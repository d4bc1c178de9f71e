"""The page of a flow run, as the server has it."""

import json
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import Artifact
from prefect.states import State


def shown(run_id: UUID) -> dict[str, list[Artifact]]:
    """Its artifacts by key."""
    with get_client(sync_client=True) as client:
        of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
        found = client.read_artifacts(artifact_filter=of_run)
    return {key: [each for each in found if each.key == key] for key in {each.key for each in found}}


def page_of(state: State) -> dict[str, Artifact]:
    """The artifacts of the run that ended so, each of which is there once."""
    return {key: one for key, (one,) in shown(state.state_details.flow_run_id).items()}


def name_of(state: State) -> str:
    """What the run that ended so is called."""
    with get_client(sync_client=True) as client:
        return client.read_flow_run(state.state_details.flow_run_id).name


def cells(artifact: Artifact) -> dict[str, float]:
    """Of the table of counts."""
    return {row["what"]: row["count"] for row in json.loads(artifact.data)}
