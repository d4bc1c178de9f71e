"""Probes, cuts and encodes one video, annotators off, and tells the peak memory: `memory VIDEO LAKE`."""

import json
import resource
import sys
from pathlib import Path

from benchmarks.workloads.one_video import ingest_one
from datasets.media.guard import Guard
from flows.ingest_config import IngestConfig


def peaks(video: Path, lake: str) -> dict[str, int]:
    """Peak resident memory in bytes of this process, which writes tables, and of the one that opens media."""
    config = IngestConfig(source=str(video), lake=lake, annotators=())
    with Guard(config.limits.base_deadline_s, config.limits.memory_mb << 20) as guard:
        counts = ingest_one(video, guard, config)
    return counts | {
        "worker_bytes": _peak(resource.RUSAGE_SELF),
        "guarded_bytes": _peak(resource.RUSAGE_CHILDREN),
    }


def _peak(who: int) -> int:
    return resource.getrusage(who).ru_maxrss * 1024  # Linux counts it in KiB


if __name__ == "__main__":
    print(json.dumps(peaks(Path(sys.argv[1]), sys.argv[2])))
