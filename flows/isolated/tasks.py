"""The remote functions that run in another environment. Imports only what every environment has."""

from collections.abc import Sequence
from functools import cache

import pyarrow as pa
import ray

from annotators.annotator import Annotator
from datasets.lake import Lake
from flows.isolated.choice import AnnotatorPlace
from flows.isolated.labels import Labelled, label_sounds, plain_errors
from flows.reannotation.work import Annotated, ClipWork
from flows.run_page.worker_log import clip_names, logged


@cache
def _annotator(choice: AnnotatorPlace) -> Annotator:
    """One a Ray worker process, kept from task to task since its models take seconds to load."""
    return choice.load()


@ray.remote(num_cpus=1, max_retries=1)
@logged(about=lambda choice, clips, run_id, gpus: clip_names(clips["clip_id"].to_pylist()))
@plain_errors
def label(choice: AnnotatorPlace, clips: pa.Table, run_id: str, gpus: float) -> Labelled:
    """Of an ingest: the slot of clips that are not in the lake yet."""
    return label_sounds(clips, _annotator(choice), run_id=run_id, gpus=gpus)


@ray.remote(num_cpus=1, max_retries=2)
@logged(about=lambda choice, lake, version, run_id, gpus, clip_ids, fragment_ids: clip_names(clip_ids))
@plain_errors
def annotate(
    choice: AnnotatorPlace,
    lake: Lake,
    version: int,
    run_id: str,
    gpus: float,
    clip_ids: Sequence[str],
    fragment_ids: Sequence[int],
) -> Annotated:
    """Of a re-annotation: the slot of clips at that version of the lake."""
    return ClipWork(lake, _annotator(choice), version, run_id, gpus).annotate(clip_ids, fragment_ids)
