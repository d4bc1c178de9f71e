"""One video through an ingest's work in one process: no Prefect, no Ray, nothing committed."""

from pathlib import Path
from tempfile import TemporaryDirectory

from datasets.lake import Lake
from datasets.media.guard import Guard
from datasets.sources.video import SourceVideo
from flows.accounting import Counts
from flows.clip_plan import batches
from flows.ingest_config import IngestConfig
from flows.work import VideoWork, join


def ingest_one(video: Path, guard: Guard, config: IngestConfig) -> dict[str, int]:
    """Identify, survey and make as the workers do; how many clips and frames there were."""
    with TemporaryDirectory(prefix="emo2-bench-") as scratch:
        lake = Lake.open(config.lake, create=True)
        work = VideoWork(lake, guard, config, "benchmark", Path(scratch))
        source = SourceVideo(uri=str(video.absolute()))
        known = work.identify(source)
        surveyed = work.survey(source, known)
        grouped = batches(list(surveyed.plans), config.frames_per_batch)
        made = join([work.make(source, known, tuple(plans)) for plans in grouped])
    if surveyed.video["status"] != "ingested":
        raise RuntimeError(
            f"{video} was not ingested: {surveyed.video['reason']}, {surveyed.video['detail']}"
        )
    counts = surveyed.outcome.counts + (Counts() if made.clips is None else Counts.of_clips(made.clips))
    return {
        "frames": surveyed.video["n_frames"],
        "clips": counts.clips,
        "clips_kept": counts.clips_kept,
        "frames_kept": counts.frames_kept,
    }
