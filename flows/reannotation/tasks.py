"""The remote functions of a re-annotation: thin, so that all that matters runs without Ray too."""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa
import ray
from ray import ObjectRef

from annotators.annotator import Annotator
from datasets.lake import Lake
from datasets.replacement import Replacement
from flows.isolated import tasks as isolated
from flows.isolated.route import environment_options
from flows.ray_session import RaySession
from flows.reannotation.plan import StaleShard
from flows.reannotation.target import AnnotatorChoice, Target
from flows.reannotation.work import Annotated, ClipWork, write_shard
from flows.run_page.worker_log import clip_names, logged


class Context(NamedTuple):
    """What every task of one plan needs."""

    lake: Lake
    target: Target
    version: int  # of `clips`, at which the plan was made
    run_id: str


@cache
def _annotator(choice: AnnotatorChoice) -> Annotator:
    """One a Ray worker process, kept from task to task since its models take seconds to load."""
    return choice.load()


@ray.remote(num_cpus=1, max_retries=2)
@logged(about=lambda context, clip_ids, fragment_ids: clip_names(clip_ids))
def annotate(context: Context, clip_ids: Sequence[str], fragment_ids: Sequence[int]) -> Annotated:
    lake, target, version, run_id = context
    annotator, gpus = _annotator(target.choice), target.resources.gpus
    work = ClipWork(lake, annotator, version, run_id, gpus, target.speaking)
    return work.annotate(clip_ids, fragment_ids)


@ray.remote(num_cpus=1, max_retries=2)
@logged(about=lambda context, shard, *tables: shard.name)
def write(context: Context, shard: StaleShard, *tables: pa.Table) -> list[Replacement]:
    wanted = context.target.wanted
    return write_shard(context.lake, shard, context.version, tables, slot=wanted.slot, reads=wanted.reads)


def start(
    session: RaySession,
    context: Context,
    clip_ids: Sequence[str],
    fragment_ids: Sequence[int],
    **options: Any,
) -> ObjectRef:
    """`annotate`, in the environment that the annotator runs in."""
    lake, target, version, run_id = context
    options = {**annotate_resources(target), **options}
    chosen = target.isolated
    if chosen is None:
        return session.submit(annotate.options(**options), context, clip_ids, fragment_ids)
    function = isolated.annotate.options(**options, **environment_options(chosen))
    of_annotator = (chosen, lake, version, run_id, target.resources.gpus)
    return session.submit(function, *of_annotator, clip_ids, fragment_ids)


def annotate_resources(target: Target) -> dict[str, Any]:
    """What a task that annotates asks of the cluster; a whole core at least, since each loads the annotator."""
    return {"num_cpus": max(1.0, target.resources.cpus), "num_gpus": target.resources.gpus}
