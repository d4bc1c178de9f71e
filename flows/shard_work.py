"""A shard's videos through Ray: identified, claimed, surveyed, made into clips; nothing is committed here."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from ray import ObjectRef

from datasets.lake import Lake
from datasets.sources.video import SourceVideo
from flows import ray_tasks
from flows.accounting import Counts
from flows.clip_plan import batches
from flows.ingest_config import IngestConfig
from flows.ray_session import RaySession
from flows.shards import Shard
from flows.work import Identity, Outcome, Surveyed, join, known_spans, spans_json


@dataclass(frozen=True)
class ShardOutcome:
    """What the flow commits for one shard."""

    videos: list[dict[str, Any]] = field(default_factory=list)  # rows of `videos`
    outcome: Outcome = field(default_factory=Outcome)


class Claims:
    """Which videos are known, shared by the shards of a run: the first to name a video gets it."""

    def __init__(self, known: Mapping[str, tuple[str, str | None]]):
        self._spans = {video_id: known_spans(spans) for video_id, (_, spans) in known.items()}
        self._lock = Lock()

    def take(self, video_id: str, source: SourceVideo) -> bool:
        """Whether the source holds anything new; if so its spans are joined to those known of the video."""
        wanted = known_spans(spans_json(source))
        with self._lock:
            if video_id in self._spans:
                old = self._spans[video_id]
                if old is None or (wanted is not None and wanted <= old):
                    return False
                wanted = None if wanted is None else wanted | old
            self._spans[video_id] = wanted
        return True

    def spans(self, video_id: str) -> str | None:
        """All spans known of a video by now, as the `videos` table keeps them."""
        spans = self._spans[video_id]
        return None if spans is None else json.dumps(sorted(spans))


class ShardWork:
    """Runs shards of one ingest; called from several threads."""

    def __init__(
        self,
        session: RaySession,
        lake: Lake,
        config: IngestConfig,
        run_id: str,
        scratch: Path,
    ):
        self._session = session
        self._config = config
        self._context = (lake, config, run_id, scratch)
        self._claims = Claims(lake.known_videos())

    def run(self, shard: Shard) -> ShardOutcome:
        """Work through one shard; raises what a worker raised, or `Cancelled`."""
        counts = Counts(videos=len(shard.videos))
        surveys: dict[ObjectRef, tuple[SourceVideo, Identity]] = {}
        for source, known in self._identified(shard):
            if self._claims.take(known.video_id, source):
                surveys[self._session.submit(ray_tasks.survey, self._context, source, known)] = source, known
            else:
                counts += Counts(videos_known=1)
        rows, outcomes, making = [], [Outcome(counts=counts)], []
        for ref, surveyed in self._session.results(surveys):
            rows.append(surveyed.video | {"spans": self._claims.spans(surveyed.video["video_id"])})
            outcomes += [surveyed.outcome, Outcome(counts=_video_counts(surveyed))]
            making += self._start_clips(surveyed, *surveys[ref])
        outcomes += [outcome for _, outcome in self._session.results(making)]
        return ShardOutcome(rows, join(outcomes))

    def _identified(self, shard: Shard) -> list[tuple[SourceVideo, Identity]]:
        refs = {
            self._session.submit(ray_tasks.identify, self._context, video): video for video in shard.videos
        }
        return [(refs[ref], known) for ref, known in self._session.results(refs)]

    def _start_clips(self, surveyed: Surveyed, source: SourceVideo, known: Identity) -> list[ObjectRef]:
        grouped = batches(list(surveyed.plans), self._config.frames_per_batch)
        return [
            self._session.submit(ray_tasks.make, self._context, source, known, tuple(plans))
            for plans in grouped
        ]


def _video_counts(surveyed: Surveyed) -> Counts:
    if surveyed.video["status"] == "ingested":
        return Counts(videos_ingested=1)
    return Counts(videos_quarantined=1, reasons=Counter([surveyed.video["reason"]]))
