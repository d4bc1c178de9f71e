"""Content-derived ids: the same input always gets the same id, so a replay adds nothing."""

import hashlib
import json
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1 << 20


def video_id(path: Path) -> str:
    """SHA-256 of the file's bytes as 64 hex digits; reads the file in 1 MiB pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def clip_id(video: str, start_s: float, end_s: float, cutter: str) -> str:
    """32 hex digits for one span of one video under one cutter (`name/version/params_hash`).

    Times are rounded to the microsecond, below any container's frame spacing.
    """
    span = f"{video}:{round(start_s * 1e6)}:{round(end_s * 1e6)}:{cutter}"
    return hashlib.sha256(span.encode()).hexdigest()[:32]


def params_hash(params: dict[str, Any]) -> str:
    """12 hex digits of the parameters as canonical JSON; key order does not matter."""
    canonical = json.dumps(params, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
