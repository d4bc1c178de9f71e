"""The event that tells a Prefect server of a promotion; the triggers in prefect.yaml wait for it."""

from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
from prefect.settings import get_current_settings

from datasets.snapshots.snapshot import Snapshot

PROMOTED = "emo2.snapshot.promoted"
_SENT_WITHIN_S = 10.0


def emit_promoted(snapshot: Snapshot) -> bool:
    """Tell the server, and wait until it is told; False where it does not answer."""
    with get_client(sync_client=True) as client:
        if client.api_healthcheck() is not None:  # events are lost without a word
            return False
    emit_event(
        event=PROMOTED,
        resource={
            "prefect.resource.id": f"emo2.snapshot.{snapshot.name}",
            "prefect.resource.name": snapshot.name,
        },
        payload={
            "lake": snapshot.lake.uri,
            "snapshot": snapshot.name,
            "clips": snapshot.counts["clips"],
            "hours": snapshot.counts["hours"],
        },
    )
    EventsWorker.drain_all(timeout=_SENT_WITHIN_S)
    return True


def server_url() -> str | None:
    """The server that the settings name; None where a run would start a temporary one, which nobody watches."""
    return get_current_settings().api.url
