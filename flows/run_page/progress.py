"""The progress artifact of a run: one bar and one sentence on its page, pushed from a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from threading import Lock
from typing import Protocol
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
)

from flows.run_page.pace import Pace, left_words, rate_words

KEY = "progress"
_EVERY_S = 2.0
_LONG_S, _SLOWER = 900.0, 5  # each push is an event that the server keeps, and nobody stares at a long run
_ANSWER_S = 10.0  # that a push may take
_LAST_S = 5.0  # that a run waits for the last push
_NEVER_MORE = 99.0  # percent, until the work has ended

_logger = logging.getLogger(__name__)


class WorkDone:
    """How far the work is, from what it tells; a `flows.progress.Listener`, used from any thread."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic):
        """what: is counted, such as videos; clock: seconds."""
        self._what, self._lock = what, Lock()
        self._clips, self._work = Pace(clock), Pace(clock)
        self._total: int | None = None
        self._skipped, self._done, self._note = 0, 0, ""
        self._most = 0.0
        self._ended, self._completed = False, False

    def started(self, total: int) -> None:
        with self._lock:
            self._total = total

    def skipped(self, units: int) -> None:
        with self._lock:
            self._skipped += units

    def made(self, clips: int, frames: int, units: float) -> None:
        with self._lock:
            if clips:
                self._clips.add(clips)
            if units:
                self._work.add(units)

    def advanced(self, done: int, note: str = "") -> None:
        with self._lock:
            self._done, self._note = max(self._done, done), note

    def remark(self, sentence: str) -> None:
        """The run's log shows it."""

    def ended(self, *, completed: bool) -> None:
        """Nothing more will come; where `completed`, all is done, whatever was counted."""
        with self._lock:
            self._ended, self._completed = True, completed

    def told(self) -> tuple[float, str]:
        """Percent, which never falls and is 100 only at the end, and the sentence beside it."""
        with self._lock:
            return self._percent(), "; ".join(self._parts())

    def _percent(self) -> float:
        """Of the work, committed or not."""
        worked = max(self._skipped + self._work.amount, float(self._done))
        share = min(100 * worked / self._total, _NEVER_MORE) if self._total else 0.0
        self._most = 100.0 if self._completed else max(self._most, round(share, 1))
        return self._most

    def _parts(self) -> list[str]:
        if self._total is None:
            return ["done"] if self._completed else ["getting ready"]
        parts = [f"{self._done} of {self._total} {self._what}"]
        parts += [self._note] if self._note else []
        return parts if self._ended else parts + self._going_on()

    def _going_on(self) -> list[str]:
        """What is made and not yet counted above, and how fast; nothing that is unknown."""
        made, per_s, left_s = self._clips.amount, self._clips.per_s(), self._left_s()
        parts = [f"{made:.0f} clips made so far"] if made else []
        parts += [rate_words(per_s)] if per_s else []
        return parts + ([left_words(left_s)] if left_s is not None else [])

    def _left_s(self) -> float | None:
        per_s = self._work.per_s()
        left = (self._total or 0) - self._skipped - self._work.amount
        return left / per_s if per_s and left > 0 else None


class Page(Protocol):
    """Where the artifact is shown."""

    def show(self, percent: float, sentence: str) -> None:
        """Raises whatever keeps it from being shown."""
        ...


class ProgressArtifact:
    """Shows work on a page while a `with` block lasts; never blocks the run, and never fails it."""

    def __init__(self, work: WorkDone, page: Page, *, every_s: float = _EVERY_S):
        self._work, self._page, self._every_s = work, page, every_s
        self._ending = threading.Event()
        # Prefect finds its server, which may be a temporary one, by way of the context.
        run = copy_context().run
        self._thread = threading.Thread(target=run, args=(self._keep,), daemon=True, name="progress-artifact")

    def __enter__(self) -> "ProgressArtifact":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._work.ended(completed=kind is None)
        self._ending.set()
        if kind is None or issubclass(kind, Exception):  # a stop does not wait
            self._thread.join(_LAST_S)

    def _keep(self) -> None:
        shown: tuple[float, str] | None = None
        began_s = time.monotonic()
        while True:
            ending = self._ending.is_set()
            told = self._work.told()
            if told != shown and self._shown(*told):
                shown = told
            if ending:
                return
            long = time.monotonic() - began_s > _LONG_S
            self._ending.wait(self._every_s * (_SLOWER if long else 1))

    def _shown(self, percent: float, sentence: str) -> bool:
        try:
            self._page.show(percent, sentence)
        except Exception as error:  # whatever it is, the work matters more than its picture
            _logger.debug("the progress of the run was not shown: %s", error)
            return False
        return True


class RunPage:
    """The page of one flow run on Prefect's server; used by one thread."""

    def __init__(self, flow_run_id: UUID):
        self._flow_run_id = flow_run_id
        self._artifact_id: UUID | None = None
        self._client: SyncPrefectClient | None = None

    def show(self, percent: float, sentence: str) -> None:
        """Create the run's progress artifact, or change it; a run that is tried again keeps the one it has."""
        client = self._opened()
        self._artifact_id = self._artifact_id or self._found(client)
        if self._artifact_id is None:
            new = ArtifactCreate(
                type="progress",
                key=KEY,
                description=sentence,
                data=percent,
                flow_run_id=self._flow_run_id,
            )
            self._artifact_id = client.create_artifact(new).id
        else:
            client.update_artifact(self._artifact_id, ArtifactUpdate(description=sentence, data=percent))

    def _opened(self) -> SyncPrefectClient:
        """A client of its own: the run's is busy, and waits longer than this one should."""
        if self._client is None:
            self._client = get_client(httpx_settings={"timeout": _ANSWER_S}, sync_client=True)
        return self._client

    def _found(self, client: SyncPrefectClient) -> UUID | None:
        wanted = ArtifactFilter(
            flow_run_id=ArtifactFilterFlowRunId(any_=[self._flow_run_id]), key=ArtifactFilterKey(any_=[KEY])
        )
        found = client.read_artifacts(artifact_filter=wanted, limit=1)
        return found[0].id if found else None
