"""What faults are done to: a folder of rendered talkers, the commands that work on it, what they make undisturbed."""

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

from benchmarks import media
from benchmarks.faults.driver import Command
from benchmarks.faults.lakes import Contents, contents

CLIPS_A_SHARD = 4  # each talker is one shot and becomes one clip
_SMALL = {
    "ingest": {"videos_per_shard": CLIPS_A_SHARD, "commit_every_s": 2, "commit_clips": CLIPS_A_SHARD},
    "reannotate": {"clips_per_shard": CLIPS_A_SHARD, "frames_per_batch": 120},
}
SLOT = "body"  # the one that is annotated: real, and quick to load


@dataclass(frozen=True)
class Sizes:
    """How much is done."""

    videos: int = 10
    seconds: float = 2.4  # of each video: 60 frames
    ingest_kills: int = 24
    reannotation_kills: int = 20
    commit_kills: int = 3  # of each of the two, aimed at commits
    worker_kills: int = 6
    worker_kills_a_run: int = 2  # a task is tried three times
    node_kills: int = 2
    sigterms: int = 4
    cancels: int = 2
    full_disks: tuple[float, ...] = (0.3, 0.6, 0.9)  # of the bytes that the whole lake takes
    overlaps: int = 3
    beside: int = 2
    clean_seconds: float = 12  # of each video that poisoned files are put beside
    clean_videos: int = 16
    scale_clips: tuple[int, ...] = (1_000, 10_000, 100_000)  # of synthetic lakes
    replaced_clips: int = 10_000  # of the lake in which one slot is replaced
    replaced_frames: int = 200  # of each
    noop_clips: int = 10_000
    core_clips: int = 64  # of the first talker, annotated by one worker and by two


FULL = Sizes()
QUICK = Sizes(
    videos=4,
    ingest_kills=3,
    reannotation_kills=2,
    commit_kills=1,
    worker_kills=1,
    worker_kills_a_run=1,
    node_kills=1,
    sigterms=1,
    cancels=1,
    full_disks=(0.6,),
    overlaps=1,
    beside=1,
    clean_seconds=4,
    clean_videos=4,
    scale_clips=(100, 1_000),
    replaced_clips=256,
    replaced_frames=20,
    noop_clips=500,
    core_clips=8,
)


@dataclass(frozen=True)
class Undisturbed:
    """What a command makes when nothing happens to it."""

    contents: Contents
    seconds: float
    lake: Path

    @property
    def clips(self) -> int:
        return len(self.contents.clips)


class WentWrong(Exception):
    """A run that nothing happened to failed, so nothing can be told of faults."""


class Workload:
    """Starts the commands; what they make undisturbed is made once, when it is first asked for."""

    def __init__(self, folder: Path, videos: Path, env: Mapping[str, str], sizes: Sizes, seed: int):
        """folder: for lakes, emptied by the caller; videos: where rendered talkers are kept for next time."""
        self.folder, self.sizes, self.seed, self.env = folder, sizes, seed, env
        self.cache = videos
        self._lakes = 0

    def random(self, part: str) -> Random:
        """The same draws for a part whatever other parts run."""
        return Random(f"{self.seed} {part}")

    def new_lake(self, copy_of: Path | None = None) -> Path:
        """A path for a lake: nothing there yet, or a copy of one."""
        self._lakes += 1
        path = self.folder / f"lake-{self._lakes}"
        if copy_of is not None:
            shutil.copytree(copy_of, path)
        return path

    @cached_property
    def source(self) -> Path:
        """A folder of short talkers, each of which becomes one clip."""
        return self.talkers(self.sizes.videos, self.sizes.seconds)

    def talkers(self, count: int, seconds: float) -> Path:
        """A folder of `count` talkers named 00.mp4, 01.mp4..., rendered once and kept."""
        folder = self.folder / f"{count}-talkers-of-{seconds:g}s"
        folder.mkdir(exist_ok=True)
        for seed in range(count):
            rendered = media.talker(self.cache, seconds=seconds, shots=1, seed=seed, size_px=media.SMALL_PX)
            link(rendered, folder / f"{seed:02}.mp4")
        return folder

    def ingest(
        self,
        lake: Path,
        source: Path | None = None,
        *,
        annotators: str = SLOT,
        ray_address: str | None = None,
    ) -> Command:
        """Start an ingest in small shards, of the talkers unless told."""
        return self._flow("ingest", **self.ingest_config(lake, source, annotators), ray_address=ray_address)

    def ingest_config(
        self, lake: Path, source: Path | None = None, annotators: str = SLOT
    ) -> dict[str, object]:
        """Fields of `IngestConfig`."""
        slots = [annotators] if annotators else []
        named = {"source": str(source or self.source), "lake": str(lake), "annotators": slots}
        return {**named, **_SMALL["ingest"]}

    def reannotate(self, lake: Path) -> Command:
        """Start a re-annotation of the slot, in small shards."""
        return self._flow("reannotate", lake=str(lake), annotator=SLOT, **_SMALL["reannotate"])

    def _flow(self, name: str, **fields: object) -> Command:
        module = "benchmarks.faults.flow_in_terminal"
        return self.start(sys.executable, "-m", module, name, json.dumps(fields))

    def start(self, *command: str) -> Command:
        """Any program, with the engines' environment."""
        return Command(command, log=self.folder / "commands.log", env=self.env)

    @cached_property
    def ingested(self) -> Undisturbed:
        """The talkers ingested and annotated in one go."""
        lake = self.new_lake()
        return _finished(lake, self.ingest(lake))

    @cached_property
    def unlabelled(self) -> Undisturbed:
        """The talkers ingested with the slot left null."""
        lake = self.new_lake()
        return _finished(lake, self.ingest(lake, annotators=""))

    @cached_property
    def reannotated(self) -> Undisturbed:
        """The unlabelled lake with the slot filled afterwards."""
        lake = self.new_lake(self.unlabelled.lake)
        return _finished(lake, self.reannotate(lake))


def _finished(lake: Path, command: Command) -> Undisturbed:
    if code := command.wait():
        raise WentWrong(f"{command.line} ended with {code}: {command.said()}")
    seconds = command.age_s
    command.settle()
    return Undisturbed(contents(lake), seconds, lake)


def link(file: Path, at: Path) -> None:
    """A second name of a file, on the same disk or not."""
    if not at.exists():
        at.symlink_to(file.absolute())
