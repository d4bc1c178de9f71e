"""The few questions that are put to a station's server without Prefect, which takes seconds to import."""

import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Literal

_ANSWERS_WITHIN_S = 10.0
_BUSY = 503  # SQLite is locked for the moment
_TRIES = 20
_PAUSE_S = 0.3
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy knows our loopback


def is_healthy(api_url: str, *, within_s: float = 2.0) -> bool:
    """Whether a Prefect server answers at this address."""
    try:
        with _DIRECT.open(f"{api_url}/health", timeout=within_s) as reply:
            return bool(reply.read().strip() == b"true")
    except (OSError, ValueError, HTTPException):  # the last: what listens there is no such server
        return False


def ask(
    api_url: str, path: str, body: Any = None, *, method: Literal["GET", "POST", "PATCH"] = "POST"
) -> Any:
    """The answer to one request; raises OSError where the server is not there or refuses."""
    request = urllib.request.Request(
        f"{api_url}/{path}",
        data=None if method == "GET" else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    for attempt in range(1, _TRIES + 1):
        try:
            with _DIRECT.open(request, timeout=_ANSWERS_WITHIN_S) as reply:
                return json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            if error.code != _BUSY or attempt == _TRIES:
                raise
            time.sleep(_PAUSE_S)
        except HTTPException as error:
            raise OSError(f"what answers at {api_url} is no Prefect server") from error
    return None
