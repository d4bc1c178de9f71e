"""Copies of a video as they are found in the wild, made by ffmpeg, and what an ingest keeps of them."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import numpy as np

from annotators.framing import Thresholds
from flows import stages
from flows.ingest_config import HandOptions

_ANNOTATOR: Final = "fingerprint"


@dataclass(frozen=True)
class Copy:
    """How ffmpeg makes one kind of copy."""

    filters: str = "null"
    crf: int = 23
    start_share: float = 0.0  # of the video that is cut away


_EVEN = "crop=trunc(iw/2)*2:trunc(ih/2)*2"  # as subsampled chroma asks for
_NINE_TENTHS = "crop=trunc(iw*0.9/2)*2:trunc(ih*0.9/2)*2"
COPIES: Final = {
    "crf 35": Copy(crf=35),
    "half size": Copy("scale=trunc(iw/4)*2:trunc(ih/4)*2"),
    "20 fps": Copy("fps=20"),
    "30 fps": Copy("fps=30"),
    "crop 10 %": Copy(_NINE_TENTHS),
    "crop 25 %": Copy("crop=trunc(iw*0.75/2)*2:trunc(ih*0.75/2)*2"),
    "letterbox": Copy("pad=iw:trunc(ih*4/3/2)*2:0:(oh-ih)/2"),
    "logo": Copy("drawbox=x=iw*0.6:y=ih*0.05:w=iw*0.12:h=ih*0.12:color=white:t=fill"),
    "brighter": Copy("eq=brightness=0.12:contrast=0.8:gamma=1.1"),
    "without the first third": Copy(start_share=1 / 3),
    "crop 10 %, 60 % size, 24 fps, crf 32": Copy(
        f"fps=24,{_NINE_TENTHS},scale=trunc(iw*0.3)*2:trunc(ih*0.3)*2", crf=32
    ),
}


@dataclass(frozen=True)
class Print:
    """The fingerprints of a video's clips, kept and not: a copy may fall short of a filter."""

    kept: tuple[np.ndarray, ...]
    others: tuple[np.ndarray, ...]

    @property
    def all(self) -> list[np.ndarray]:
        return [*self.kept, *self.others]


@contextmanager
def copied(source: Path, copy: Copy, duration_s: float) -> Iterator[Path]:
    """A file with the copy, there while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="emo2-copies-") as folder:
        target = Path(folder) / "copy.mp4"
        begin = ["-ss", f"{duration_s * copy.start_share:.3f}"]
        picture = [
            "-vf",
            f"{copy.filters},{_EVEN}",
            "-c:v",
            "libx264",
            "-preset",
            "superfast",
            "-crf",
            str(copy.crf),
        ]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *begin, "-i", str(source), *picture]
        sound = ["-pix_fmt", "yuv420p", "-threads", "1", "-c:a", "aac", str(target)]
        subprocess.run([*command, *sound], check=True, capture_output=True)
        yield target


def fingerprints(video: Path, thresholds: Thresholds | None = None) -> Print:
    """Cut, framed, encoded and fingerprinted by the stages of an ingest, every clip that could be framed."""
    with tempfile.TemporaryDirectory(prefix="emo2-copies-") as scratch:
        job = {"path": video, "video_id": video.stem, "scratch": Path(scratch)}
        surveyed, _ = stages.survey(job | {"thresholds": thresholds or Thresholds()})
    plans = [plan for plan in surveyed["plans"] if plan["crop"] is not None]
    if not plans:
        return Print((), ())
    job = {"path": video, "plans": plans, "annotators": (_ANNOTATOR,), "hands": HandOptions()}
    _, rows = stages.make_clips(job | {"run_id": "benchmark", "split": "train"})
    hashes = [np.array(row or (), np.uint64) for row in rows["fingerprint_frames"].to_pylist()]
    kept = rows["keep"].to_pylist()
    return Print(
        tuple(each for each, keep in zip(hashes, kept, strict=True) if keep),
        tuple(each for each, keep in zip(hashes, kept, strict=True) if not keep),
    )
