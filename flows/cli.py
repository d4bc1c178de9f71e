"""The command line `emo2`: a second door to the same configuration as the Prefect UI."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from datasets.errors import UserError
from flows.cli_options import (
    HandBackendOption,
    HandCalibrationOption,
    HandModelOption,
    LakeOption,
    ModelOption,
    RayAddressOption,
    SpeakerScoreOption,
    hand_fields,
    model_fields,
)
from flows.doctor.cli import doctor
from flows.environment import prepare_engines
from flows.environments.cli import environments
from flows.label_cli import label
from flows.models_cli import models
from flows.plan_cli import plan
from flows.quarantine_cli import quarantine
from flows.reannotation.cli import reannotate
from flows.snapshots.cli import snapshot
from flows.station.cli import down, register, up
from flows.upkeep.forget_cli import forget
from flows.upkeep.maintain_cli import maintain

# Everything heavier is imported by the command that needs it, so that --help answers at once.

app = typer.Typer(
    name="emo2",
    help="Raw video of talking people to versioned Lance tables: clips, hands, body, face, speech.",
    epilog="Start with: emo2 talker sample.mp4, then emo2 ingest sample.mp4 --lake sample-lake",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.add_typer(snapshot, name="snapshot")
app.add_typer(quarantine, name="quarantine")
app.add_typer(models, name="models")
app.add_typer(environments, name="env")


@app.command()
def ingest(
    source: Annotated[
        str,
        typer.Argument(
            help="A video, a folder, a quoted glob, a manifest (CSV or JSONL with a column uri), an AVSpeech or "
            "MOSEI list (with --downloads), or an object-store URI"
        ),
    ],
    lake: LakeOption,
    dataset: Annotated[str | None, typer.Option(help="A name kept with every video of this source")] = None,
    downloads: Annotated[
        Path | None, typer.Option(help="Where the videos of an AVSpeech or MOSEI list lie")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Take only the first videos", min=1)] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be ingested; write nothing")
    ] = False,
    annotators: Annotated[
        str | None,
        typer.Option(help="Slots to fill, separated by commas; the others stay null. By default all"),
    ] = None,
    hand_model: HandModelOption = "neutral",
    hand_calibration: HandCalibrationOption = None,
    hand_backend: HandBackendOption = "mediapipe",
    model: ModelOption = None,
    min_speaker_score: SpeakerScoreOption = None,
    report: Annotated[
        Path | None, typer.Option(help="Where the HTML report goes; by default into a local lake")
    ] = None,
    ray_address: RayAddressOption = None,
    cpus: Annotated[
        list[str] | None, typer.Option(help="Of an annotator, such as hands=2; may be given several times")
    ] = None,
    gpus: Annotated[
        list[str] | None, typer.Option(help="Of an annotator, such as hands=0.5; may be given several times")
    ] = None,
) -> None:
    """Cut videos into clips of their speaker, annotate them, and write them to the lake.

    Running it twice adds nothing. Bad files become rows with a reason; the rest goes on.
    """
    from flows.ingest_config import IngestConfig
    from flows.resource_options import resources_from

    chosen = {} if annotators is None else {"annotators": tuple(filter(None, annotators.split(",")))}
    config = IngestConfig(
        source=source,
        lake=lake,
        dataset=dataset,
        downloads=str(downloads) if downloads else None,
        limit=limit,
        **chosen,  # type: ignore[arg-type]
        hands=hand_fields(hand_model, hand_calibration, hand_backend),
        models=model_fields(model or ()),  # type: ignore[arg-type]
        thresholds={} if min_speaker_score is None else {"min_speaker_score": min_speaker_score},  # type: ignore[arg-type]
        report=str(report) if report else None,
        ray_address=ray_address,
        resources=resources_from(cpus or (), gpus or ()),  # type: ignore[arg-type]
    )
    if dry_run:
        from flows.preview import preview

        preview(config, Console())
        return
    prepare_engines()
    from flows.ingest import ingest as flow
    from flows.terminal_run import run_in_terminal

    run_in_terminal(flow, config)


@app.command()
def status(
    lake: LakeOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
) -> None:
    """Count what the lake holds: videos, clips, annotations and how many of them are stale, table versions."""
    from annotators.current import stale_now
    from datasets.lake import Lake
    from datasets.motion.freshness import stored_buckets_state
    from flows.terminal import status_tables

    opened = Lake.open(lake)
    counted = opened.status(stale=stale_now()) | {"buckets": stored_buckets_state(opened)}
    if as_json:
        print(json.dumps(counted, indent=2))
        return
    for table in status_tables(counted):
        Console().print(table)


@app.command()
def report(
    lake: LakeOption,
    out: Annotated[Path, typer.Option(help="The HTML file to write")],
    max_clips: Annotated[int, typer.Option(help="Clips drawn; a larger lake is sampled", min=1)] = 200,
) -> None:
    """Draw contact sheets, histograms and the quarantine list into one self-contained HTML file."""
    from datasets.lake import Lake
    from flows.report import write_report
    from flows.terminal import counted_bar

    console = Console()
    opened = Lake.open(lake)
    with counted_bar("drawing clips", console) as advance:
        summary = write_report(opened, out, max_clips=max_clips, progress=advance)
    drawn = f"{summary.clips_drawn} of {summary.clips} clips drawn"
    console.print(f"{out}: {drawn}, {summary.size_bytes / 1e6:.1f} MB")


@app.command()
def buckets(
    lake: LakeOption,
    version: Annotated[
        int | None, typer.Option(help="Of the clips table; by default the newest", min=1)
    ] = None,
    window_frames: Annotated[
        int, typer.Option(help="Length of a training sequence; shorter clips count whole", min=2, max=300)
    ] = 300,
    stride_frames: Annotated[
        int | None, typer.Option(help="From window to window; by default half a window", min=1)
    ] = None,
    count: Annotated[int, typer.Option(help="Buckets", min=2, max=64)] = 8,
) -> None:
    """Put the motion of the train clips' hands into buckets of equal shares, and store them in the lake.

    The same version and options always give the same file.
    """
    from datasets.lake import Lake
    from datasets.motion.store import BucketChoice, save_buckets
    from flows.buckets import bucket_tables, compute_buckets
    from flows.terminal import counted_bar

    console = Console()
    opened = Lake.open(lake)
    choice = BucketChoice(window_frames=window_frames, stride_frames=stride_frames, count=count)
    with counted_bar("reading clips", console) as advance:
        made = compute_buckets(opened, choice, version=version, progress=advance)
    for table in bucket_tables(made):
        console.print(table)
    windows = f"{made.windows_left} windows of left hands, {made.windows_right} of right hands"
    console.print(f"{made.clips} clips of version {made.clips_version}, {windows}; buckets {made.id}")
    print(save_buckets(opened, made))


@app.command()
def view(
    clip_id: Annotated[str, typer.Argument(help="The clip's id, or a beginning that no other clip has")],
    lake: LakeOption,
    save: Annotated[Path | None, typer.Option(help="Write a .rrd file; open no window")] = None,
) -> None:
    """Open one clip in Rerun: picture, hands in 2D and 3D, body, confidence and mask over time.

    Needs the extra `view` (rerun-sdk).
    """
    from datasets.lake import Lake
    from flows.view import view_clip

    written = view_clip(Lake.open(lake), clip_id, save=save)
    if written:
        Console(soft_wrap=True).print(f"{written}: {written.stat().st_size / 1e6:.1f} MB")


@app.command()
def calibrate(
    out: Annotated[Path, typer.Option(help="The JSON to write; give it to ingest as --hand-calibration")],
    clips: Annotated[int, typer.Option(help="Rendered clips of two seconds to learn from", min=8)] = 160,
    workers: Annotated[int, typer.Option(help="Processes at once, one core each", min=1)] = 2,
) -> None:
    """Fit the calibration of the hands' confidence to corrupted rendered talkers, whose truth is known."""
    from annotators.hands.calibrate import fit_calibration, make_corpus, training_seeds
    from flows.terminal import counted_bar

    console = Console()
    if not out.parent.is_dir() or out.is_dir():  # not after minutes of measuring
        raise UserError(f"{out} cannot be written: give a file in a folder that is there")
    with counted_bar("measuring clips", console) as advance:
        corpus = make_corpus(training_seeds(clips), workers, advance)
    made = fit_calibration(corpus)
    made.save(out)
    console.print(f"{out}: calibration {made.id} from {clips} clips")


@app.command()
def fetch(
    targets: Annotated[
        Path,
        typer.Argument(
            help="A text file of URLs or YouTube ids, an AVSpeech list, or a CSV with such a column"
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="Where the videos go; give it to ingest as --downloads")],
    rate_limit_kb_s: Annotated[int, typer.Option(help="Kilobytes a second, at most", min=1)] = 2000,
    pause_s: Annotated[float, typer.Option(help="Seconds between two transfers", min=0)] = 2.0,
) -> None:
    """Download the videos of a list, politely; run it again to go on where it stopped.

    Needs the extra `fetch` (yt-dlp). What you download keeps its owner's terms.
    """
    from datasets.sources.fetch import fetch as fetched
    from datasets.sources.targets import read_targets
    from flows.terminal import counted_bar

    console, counts = Console(), Counter[str]()
    wanted = read_targets(targets)
    with counted_bar("fetching", console) as advance:
        results = fetched(wanted, folder, rate_limit_bytes_s=1000 * rate_limit_kb_s, pause_s=pause_s)
        for result in results:
            counts[result.status] += 1
            advance(counts.total(), len(wanted))
            if result.status == "failed":
                console.print(f"{result.target}: {result.reason}")
    console.print(f"{counts['fetched']} fetched, {counts['present']} there before, {counts['failed']} failed")


@app.command()
def talker(
    out: Annotated[Path, typer.Argument(help="The mp4 to write")],
    seconds: Annotated[float, typer.Option(help="Length", min=1)] = 20,
    shots: Annotated[
        int,
        typer.Option(
            help="Shots; the second change and every third after it is a fade, the others are hard cuts",
            min=1,
        ),
    ] = 3,
    seed: Annotated[int, typer.Option(help="The same seed renders the same film")] = 0,
    truth: Annotated[Path | None, typer.Option(help="An npz of the parameters it was rendered from")] = None,
) -> None:
    """Render a person who talks with both hands: a sample to ingest, with known truth."""
    from datasets.talker import write_talker
    from flows.terminal import counted_bar

    console = Console()
    with counted_bar("rendering frames", console) as advance:
        write_talker(out, seconds=seconds, shots=shots, seed=seed, truth=truth, progress=advance)
    console.print(f"{out}" + (f", truth in {truth}" if truth else ""))


for command in (reannotate, label, forget, maintain, plan, up, down, register, doctor):
    app.command()(command)


def main() -> None:
    """Run the command line; what a user can cause ends in one sentence and exit code 2."""
    try:
        app()
    except UserError as error:
        _fail(str(error))
    except ValidationError as error:
        _fail(_first_problem(error))


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    field, *inner = (str(part) for part in problem["loc"]) if problem["loc"] else ("",)
    option = "--" + (f"hand-{inner[0]}" if field == "hands" and inner else field).replace("_", "-")
    return f"{option} {problem['input']!r}: {problem['msg']}; see `emo2 {sys.argv[1]} --help`"


def _fail(sentence: str, code: int = 2) -> None:
    print(f"emo2: {sentence}", file=sys.stderr)
    sys.exit(code)
