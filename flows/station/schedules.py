"""Schedules of a deployment on a server, told apart by slug; those that a person made have none and stay."""

from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient

from flows.station.merge import merged


def settle_schedules(
    client: SyncPrefectClient, deployment_id: UUID, declared: dict[str, Any], before: dict[str, Any]
) -> None:
    """Make the server's schedules what the file declares, except where a person edited or deleted one.

    before: what the last registration declared.
    """
    known = _known(client, deployment_id)
    shown = {slug: _shown(each) for slug, each in known.items()}
    wanted = merged(declared_before=before, edited=shown, declared=declared)
    path = f"/deployments/{deployment_id}/schedules"
    for slug, schedule in wanted.items():
        if slug not in known:
            client.request("POST", path, json=[{**schedule, "slug": slug}])  # type: ignore[arg-type]
        elif schedule != shown[slug]:
            client.request("PATCH", f"{path}/{known[slug]['id']}", json=schedule)  # type: ignore[arg-type]
    for slug in set(known) - set(wanted):
        client.request("DELETE", f"{path}/{known[slug]['id']}")  # type: ignore[arg-type]


def _known(client: SyncPrefectClient, deployment_id: UUID) -> dict[str, dict[str, Any]]:
    reply = client.request("GET", f"/deployments/{deployment_id}/schedules")  # type: ignore[arg-type]
    return {each["slug"]: each for each in reply.json() if each["slug"]}


def _shown(schedule: dict[str, Any]) -> dict[str, Any]:
    return {name: schedule[name] for name in ("schedule", "active", "parameters")}
