"""A second try for what is quarantined: just those videos, with the configuration that once took them in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.states import Completed, State
from prefect.task_runners import ThreadPoolTaskRunner

from datasets.counts import is_in
from datasets.errors import UserError
from datasets.lake import Lake, LakeError
from datasets.quarantine import quarantined
from datasets.sources.source import open_source
from datasets.sources.video import SourceSpan, SourceVideo
from flows import progress
from flows.accounting import Counts
from flows.forms import checked
from flows.ingest_config import IngestConfig
from flows.ingest_shards import SHARDS_AT_ONCE, ingest_videos
from flows.ledger import recorded
from flows.quarantine_config import RetryConfig
from flows.ray_head import refuse_silent_head
from flows.ray_session import Cancelled
from flows.roots import refuse_outside_each, refuse_outside_roots
from flows.run_page.contact_sheets import contact_sheets
from flows.run_page.counts import counts, of_ingest
from flows.run_page.names import named_by, nothing
from flows.run_page.publish import artifacts
from flows.run_page.quarantine import quarantine
from flows.run_page.versions import versions
from flows.run_page.watching import watching
from flows.run_states import failed_run, stopped

_PAGE = (
    counts(of_ingest, "What was tried again and what came of it"),
    versions(),
    quarantine,
    contact_sheets(),
)


@flow(
    name="quarantine-retry",
    description="Ingest again what was quarantined, after its cause was mended.",
    flow_run_name=named_by(nothing),
    task_runner=ThreadPoolTaskRunner(max_workers=SHARDS_AT_ONCE),  # type: ignore[arg-type]
    validate_parameters=False,
)
def retry_quarantine(config: RetryConfig) -> State:
    """Try the chosen videos again; whatever comes of them replaces their rows."""
    try:
        config = checked(RetryConfig, config)
        refuse_silent_head(config.ray_address)
        lake = Lake.open(config.lake)
        wanted = videos_to_retry(lake, config)
        refuse_outside_each((video.uri for _, some in wanted for video in some), "A quarantined video")
        with artifacts(lake, *_PAGE, unless=(Cancelled,)) as page, watching("videos"):
            progress.current().started(sum(len(videos) for _, videos in wanted))
            with recorded(lake, "quarantine-retry", config) as run:
                page.run = run
                counted, numbers = Counts(), count()
                for ingest_config, videos in wanted:
                    counted += ingest_videos(videos, lake, ingest_config, run, retry=True, numbers=numbers)
                run.counts = counted
                counted.check()
    except Cancelled:
        return stopped()
    except Exception as error:
        return failed_run(error, config)
    return Completed(message=counted.sentence())


def videos_to_retry(lake: Lake, config: RetryConfig) -> list[tuple[IngestConfig, list[SourceVideo]]]:
    """The videos by the configuration of the run that quarantined them.

    Raises LakeError for reasons or SQL that cannot be used.
    """
    rows = quarantined(lake, reasons=config.reasons, where=config.where)
    by_run: dict[str, set[str]] = {}
    for row in rows:
        by_run.setdefault(row.run_id, set()).add(row.video_id)
    return list(_by_configuration(lake, config, by_run))


def _by_configuration(
    lake: Lake, config: RetryConfig, by_run: Mapping[str, set[str]]
) -> Iterator[tuple[IngestConfig, list[SourceVideo]]]:
    done: set[str] = set()
    for run_id, video_ids in by_run.items():
        ingest_config = _configuration(lake, run_id)
        sources = _as_listed(ingest_config)
        rows = lake.table("videos").to_table(filter=is_in("video_id", video_ids - done)).to_pylist()
        done |= video_ids
        changes = {"ray_address": config.ray_address} | ({"limits": config.limits} if config.limits else {})
        videos = [_with_known_spans(sources.get(row["uri"]), row) for row in rows]
        if videos:
            yield ingest_config.model_copy(update=changes), videos


def _configuration(lake: Lake, run_id: str) -> IngestConfig:
    """Of the run that put the video there; a retry's is that of the ingest before it, so it looks further back."""
    runs = (
        lake.table("runs").to_table(columns=["flow", "params"], filter=is_in("run_id", [run_id])).to_pylist()
    )
    params = next((row["params"] for row in runs if row["flow"] == "ingest"), None)
    if params is None:
        return _newest_configuration(lake, run_id)
    return IngestConfig.model_validate_json(params)


def _newest_configuration(lake: Lake, run_id: str) -> IngestConfig:
    table = lake.table("runs").to_table(columns=["params", "started_at"], filter="flow = 'ingest'")
    rows = table.sort_by([("started_at", "descending")]).to_pylist()
    if not rows:
        raise LakeError(
            f"the lake at {lake.uri} has no ingest in its ledger, so run {run_id} cannot be tried again as it was:"
            " ingest the source again"
        )
    return IngestConfig.model_validate_json(rows[0]["params"])


def _as_listed(config: IngestConfig) -> dict[str, SourceVideo]:
    """The videos as their source lists them, by address; empty where it cannot be opened any more, or may not."""
    downloads = Path(config.downloads) if config.downloads else None
    try:
        refuse_outside_roots(config)
        return {v.uri: v for v in open_source(config.source, dataset=config.dataset, downloads=downloads)}
    except UserError:
        return {}


def _with_known_spans(listed: SourceVideo | None, row: Mapping[str, Any]) -> SourceVideo:
    """The video with every span that is known of it; where on the picture a face is, only its source knows."""
    spans = _spans(row["spans"])
    if listed is None:
        return SourceVideo(
            uri=row["uri"],
            dataset=row["dataset"],
            spans=spans,
            speaker=row["speaker"],
            style=row["style"],
            licence=row["licence"],
            metadata=json.loads(row["metadata"] or "{}"),
        )
    faces = {(span.start_s, span.end_s): span for span in listed.spans}
    return replace(listed, spans=tuple(faces.get((span.start_s, span.end_s), span) for span in spans))


def _spans(column: str | None) -> tuple[SourceSpan, ...]:
    return tuple(SourceSpan(start_s, end_s) for start_s, end_s in json.loads(column or "[]"))
