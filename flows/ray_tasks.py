"""The remote functions of an ingest: thin, so that all that matters runs without Ray too."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import ray

from datasets.lake import Lake
from datasets.media.guard import Guard
from datasets.sources.video import SourceVideo
from flows.clip_plan import ClipPlan
from flows.conclusion import Slots
from flows.ingest_config import IngestConfig, MediaLimits
from flows.isolated.route import Route
from flows.run_page.worker_log import clip_names, logged, video_name
from flows.work import Identity, Outcome, Surveyed, VideoWork


@cache
def _guard(limits: MediaLimits, scratch: Path) -> Guard:
    """One guarded child a Ray worker process, kept from task to task since its models take seconds to load."""
    return Guard(limits.base_deadline_s, limits.memory_mb << 20, scratch=scratch)


class Context(NamedTuple):
    """What every task of one run needs."""

    lake: Lake
    config: IngestConfig
    run_id: str
    scratch: Path  # folder
    retry: bool
    route: Route


def resources_for(config: IngestConfig, names: Iterable[str]) -> dict[str, float]:
    """What a task asks of the cluster whose annotators run one after the other in one process."""
    asked = [config.resources_of(name) for name in names]
    return {
        "num_cpus": max([1.0, *(each.cpus for each in asked)]),
        "num_gpus": max([0.0, *(each.gpus for each in asked)]),
    }


def _work(context: Context) -> VideoWork:
    lake, config, run_id, scratch, retry, route = context
    return VideoWork(lake, _guard(config.limits, scratch), config, run_id, scratch, retry, route)


def _video(context: Context, source: SourceVideo, *_: object) -> str:
    return video_name(source.uri)


@ray.remote(num_cpus=1, max_retries=2)
@logged(about=_video)
def identify(context: Context, source: SourceVideo) -> Identity:
    return _work(context).identify(source)


@ray.remote(num_cpus=1, max_retries=2)
@logged(about=_video)
def survey(context: Context, source: SourceVideo, known: Identity) -> Surveyed:
    return _work(context).survey(source, known)


@ray.remote(num_cpus=1, max_retries=2)
@logged(about=_video)
def make(context: Context, source: SourceVideo, known: Identity, plans: tuple[ClipPlan, ...]) -> Outcome:
    return _work(context).make(source, known, plans)


@ray.remote(num_cpus=1, max_retries=2)
@logged(about=lambda context, outcome, slots: clip_names(outcome.clips["clip_id"].to_pylist()))
def conclude(context: Context, outcome: Outcome, slots: Slots) -> Outcome:
    return _work(context).conclude(outcome, slots)
