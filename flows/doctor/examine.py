"""All checks at once, each on its own: one that fails or hangs says so, and the others go on."""

import threading
import time
from collections.abc import Mapping, Sequence

from flows.doctor.browser import chromium
from flows.doctor.cluster import ray
from flows.doctor.environments import environments
from flows.doctor.finding import Finding, problem, warning
from flows.doctor.graphics import gpu
from flows.doctor.lake import lake
from flows.doctor.machine import disks, memory
from flows.doctor.media import codecs
from flows.doctor.models import annotator_models, backends, hand_models, mediapipe_models
from flows.doctor.places import allowed_roots
from flows.doctor.scope import Check, Scope
from flows.doctor.server import prefect_server
from flows.doctor.software import imports, packages, python
from flows.doctor.station import ports, station

_THREAD = "doctor: "
DEADLINE_S = 25.0  # a Ray that starts on a busy machine takes most of it

CHECKS: Mapping[str, Check] = {
    "Python": python,
    "packages": packages,
    "imports": imports,
    "codecs": codecs,
    "memory": memory,
    "disk": disks,
    "GPU": gpu,
    "station": station,
    "ports": ports,
    "Prefect server": prefect_server,
    "Ray": ray,
    "roots": allowed_roots,
    "lake": lake,
    "models of MediaPipe": mediapipe_models,
    "hand models": hand_models,
    "hand backends": backends,
    "models of annotators": annotator_models,
    "environments": environments,
    "Chromium": chromium,
}


def examine(
    scope: Scope, checks: Mapping[str, Check] | None = None, deadline_s: float = DEADLINE_S
) -> list[Finding]:
    """The findings of every check, of `CHECKS` unless told, in their order."""
    running = [_Running(name, check, scope) for name, check in (checks or CHECKS).items()]
    ends_at = time.monotonic() + deadline_s
    return [finding for each in running for finding in each.findings(ends_at, deadline_s)]


def is_left_behind() -> bool:
    """Whether a check still hangs."""
    return any(thread.name.startswith(_THREAD) for thread in threading.enumerate())


class _Running:
    """One check in a thread that may be left behind."""

    def __init__(self, name: str, check: Check, scope: Scope) -> None:
        self._name = name
        self._found: list[Finding] = []
        self._thread = threading.Thread(
            target=self._run, args=(check, scope), name=_THREAD + name, daemon=True
        )
        self._thread.start()

    def _run(self, check: Check, scope: Scope) -> None:
        try:
            for finding in check(scope):
                self._found.append(finding)
        except Exception as error:
            words = (str(error).strip() or repr(error)).splitlines()[-1]
            self._found.append(
                problem(
                    self._name,
                    f"the check itself failed: {type(error).__name__}: {words}",
                    "run `make setup`",
                )
            )

    def findings(self, ends_at: float, deadline_s: float) -> Sequence[Finding]:
        """What it found, waited for until then at most."""
        self._thread.join(max(0.0, ends_at - time.monotonic()))
        found = list(self._found)
        if self._thread.is_alive():
            text = f"no answer within {deadline_s:.0f} s"
            found.append(warning(self._name, text, "try again when the machine or the network is less busy"))
        return found
