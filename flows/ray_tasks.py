"""The remote functions of an ingest: thin, so that all that matters runs without Ray too."""

from functools import cache
from pathlib import Path

import ray

from datasets.lake import Lake
from datasets.media.guard import Guard
from datasets.sources.video import SourceVideo
from flows.clip_plan import ClipPlan
from flows.ingest_config import IngestConfig, MediaLimits
from flows.work import Identity, Outcome, Surveyed, VideoWork


@cache
def _guard(limits: MediaLimits, scratch: Path) -> Guard:
    """One guarded child a Ray worker process, kept from task to task since its models take seconds to load."""
    return Guard(limits.base_deadline_s, limits.memory_mb << 20, scratch=scratch)


def _work(lake: Lake, config: IngestConfig, run_id: str, scratch: Path) -> VideoWork:
    return VideoWork(lake, _guard(config.limits, scratch), config, run_id, scratch)


@ray.remote(num_cpus=1, max_retries=2)
def identify(context: tuple[Lake, IngestConfig, str, Path], source: SourceVideo) -> Identity:
    return _work(*context).identify(source)


@ray.remote(num_cpus=1, max_retries=2)
def survey(context: tuple[Lake, IngestConfig, str, Path], source: SourceVideo, known: Identity) -> Surveyed:
    return _work(*context).survey(source, known)


@ray.remote(num_cpus=1, max_retries=2)
def make(
    context: tuple[Lake, IngestConfig, str, Path],
    source: SourceVideo,
    known: Identity,
    plans: tuple[ClipPlan, ...],
) -> Outcome:
    return _work(*context).make(source, known, plans)
