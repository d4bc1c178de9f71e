"""The Prefect server that runs are started from: it answers, and has pool, worker and deployments."""

import base64
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flows.doctor.finding import Finding, ok, problem, warning
from flows.doctor.scope import Scope

_ANSWERS_WITHIN_S = 5.0
_POOL = "local"
_DECLARED = Path(__file__).parents[2] / "prefect.yaml"
_WHAT = "Prefect server"


def prefect_server(scope: Scope) -> Iterator[Finding]:
    """At PREFECT_API_URL, of the station, or at the port where `make up` would put one."""
    url, is_expected = _address(scope)
    try:
        version = _asked(url, "admin/version")
    except urllib.error.HTTPError as error:
        yield _refusal(url, error.code)
        return
    except (OSError, ValueError) as error:
        told = f"none answers at {_without_credentials(url)} ({_reason(error)})"
        if is_expected:
            yield problem(_WHAT, told, "run `make up`, or put PREFECT_API_URL right")
        else:
            yield warning(_WHAT, told, "run `make up`; `emo2 ingest` starts one for itself")
        return
    yield _version(url, str(version))
    yield from _pool(url)
    yield from _deployments(url)


def _address(scope: Scope) -> tuple[str, bool]:
    """Where to ask, and whether a server has to be there."""
    record = scope.station
    if chosen := os.environ.get("PREFECT_API_URL"):
        return chosen.rstrip("/"), True
    if record and record.daemons:
        return record.api_url, True
    return f"http://127.0.0.1:{scope.port}/api", False


def _version(url: str, version: str) -> Finding:
    installed = metadata.version("prefect")
    told = f"Prefect {version} answers at {_without_credentials(url)}"
    if version != installed:
        remedy = f"install the same on both: this is tested with Prefect {installed}"
        return warning(_WHAT, f"{told}, and {installed} is installed here", remedy)
    return ok(_WHAT, told)


def _pool(url: str) -> Iterator[Finding]:
    try:
        kind = _asked(url, f"work_pools/{_POOL}")["type"]
    except urllib.error.HTTPError:
        yield problem("work pool", f"there is no pool {_POOL}", "run `emo2 register`")
        return
    yield ok("work pool", f"{_POOL}, of type {kind}")
    workers = _asked(url, f"work_pools/{_POOL}/workers/filter", {})
    online = [worker["name"] for worker in workers if worker["status"] == "ONLINE"]
    if online:
        yield ok("worker", ", ".join(online) + " online")
    else:
        remedy = f"run `make up`, or `prefect worker start --pool {_POOL}` on a machine that runs may use"
        yield problem("worker", f"none of the pool {_POOL} is online, so that runs stay Late", remedy)


def _deployments(url: str) -> Iterator[Finding]:
    declared = set(re.findall(r"^  - name: (\S+)$", _DECLARED.read_text(), re.MULTILINE))
    found = {each["name"]: each for each in _asked(url, "deployments/filter", {})}
    if missing := sorted(declared - found.keys()):
        yield problem("deployments", f"not registered: {', '.join(missing)}", "run `emo2 register`")
        return
    on = sum(each["active"] for name in declared for each in found[name]["schedules"])
    yield ok("deployments", f"all {len(declared)} of prefect.yaml, {on} schedules switched on")


def _refusal(url: str, code: int) -> Finding:
    if code in (401, 403):
        return problem(_WHAT, f"{_without_credentials(url)} wants a password", "set PREFECT_API_AUTH_STRING")
    told = f"{_without_credentials(url)} answers with {code}"
    return problem(_WHAT, told, "put PREFECT_API_URL right: it ends in /api")


def _asked(url: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if secret := os.environ.get("PREFECT_API_AUTH_STRING"):
        headers["Authorization"] = f"Basic {base64.b64encode(secret.encode()).decode()}"
    request = urllib.request.Request(f"{url}/{path}", data=data, headers=headers)
    with _opener(url).open(request, timeout=_ANSWERS_WITHIN_S) as reply:
        return json.load(reply)


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Without a proxy for this machine."""
    here = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if here else []))


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


def _without_credentials(url: str) -> str:
    return re.sub(r"://.*@", "://", url)
