"""Clips that are made, sent through the annotators of other environments before they count as finished.

The driver starts each step when the one before it has ended: a task that waited for another would hold its CPU, and a
cluster full of such tasks would never go on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from flows import ray_tasks
from flows.accounting import Counts
from flows.isolated import tasks
from flows.isolated.choice import AnnotatorPlace
from flows.isolated.labels import Labelled
from flows.isolated.route import environment_options
from flows.task_queue import Failed, TaskQueue
from flows.work import Outcome, sounds_of


@dataclass(frozen=True)
class _Unfinished:
    """Clips of one video on their way; stands in the place of the tag that they came with."""

    tag: Any
    outcome: Outcome
    slots: Mapping[str, pa.Table | str]  # filled so far, or why not
    next: AnnotatorPlace | None


class IsolatedSlots:
    """The steps after `make`, for the shards of one run; called from several threads."""

    def __init__(self, context: ray_tasks.Context):
        self._context, self._route = context, context.route
        self._options = {
            place.slot: environment_options(place) | ray_tasks.resources_for(context.config, [place.slot])
            for place in context.route.isolated
        }

    def finished(self, queue: TaskQueue) -> Iterator[tuple[Any, Any]]:
        """What comes out of the queue, but for outcomes on their way: those come when they are whole."""
        for tag, value in queue.results():
            if isinstance(tag, _Unfinished) and tag.next is not None:
                self._go_on(queue, _with_slot(tag, tag.next, value))
            elif isinstance(tag, _Unfinished):
                yield tag.tag, value
            elif isinstance(value, Outcome) and value.sounds is not None:
                self._go_on(queue, _Unfinished(tag, value, self._route.left_out, None))
            else:
                yield tag, value

    def _go_on(self, queue: TaskQueue, clips: _Unfinished) -> None:
        place = next((each for each in self._route.isolated if each.slot not in clips.slots), None)
        step = replace(clips, next=place)
        if place is None:
            whole = replace(clips.outcome, sounds=None)
            queue.put(step, ray_tasks.conclude, self._context, whole, dict(clips.slots), soon=True)
            return
        function = tasks.label.options(**self._options[place.slot])
        sounds = sounds_of(clips.outcome, clips.slots, place.reads)
        gpus = self._context.config.resources_of(place.slot).gpus
        queue.put(step, function, place, sounds, self._context.run_id, gpus, soon=True, may_fail=True)


def _with_slot(clips: _Unfinished, place: AnnotatorPlace, value: Labelled | Failed) -> _Unfinished:
    """A task that died costs its clips this slot and nothing else; it is stale, so that it can be made up for."""
    if isinstance(value, Failed):
        told = f"the annotator {place.slot} failed in the environment {place.environment}: {value.sentence}"
        return replace(clips, slots={**clips.slots, place.slot: told})
    outcome = replace(clips.outcome, counts=clips.outcome.counts + Counts(costs=value.costs))
    return replace(clips, outcome=outcome, slots={**clips.slots, place.slot: value.rows})
