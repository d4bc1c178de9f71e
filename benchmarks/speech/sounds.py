"""What speech is timed on: the recordings of speech/, cut as an ingest cuts, and joined to something long."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from datasets.frame import AUDIO_RATE_HZ, MAX_CLIP_FRAMES

CLIP_SAMPLES = MAX_CLIP_FRAMES * 640  # 12 s


@dataclass(frozen=True)
class Sounds:
    """Files of samples, float32 at 16 kHz."""

    clips: tuple[Path, ...]  # of up to 12 s, as an ingest makes them
    long: Path  # a recording of some minutes


def write_sounds(recordings: Path, folder: Path, *, clips: int, long_s: float) -> Sounds:
    """The first so many clips of the recordings in that folder, and all of them in a row as long as that."""
    samples = [_decoded(path) for path in sorted(recordings.iterdir()) if path.suffix in (".flac", ".wav")]
    cut = [
        sound[start : start + CLIP_SAMPLES]
        for sound in samples
        for start in range(0, len(sound) - CLIP_SAMPLES // 3, CLIP_SAMPLES)
    ]
    everything = np.concatenate(samples)
    long = np.resize(everything, round(long_s * AUDIO_RATE_HZ))
    return Sounds(
        tuple(_saved(folder / f"clip-{at}.npy", clip) for at, clip in enumerate(cut[:clips])),
        _saved(folder / "long.npy", long),
    )


def _decoded(path: Path) -> np.ndarray:
    """(S,) float32: mono at 16 kHz."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=AUDIO_RATE_HZ)
    with av.open(str(path)) as container:
        parts = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([part.to_ndarray()[0] for part in (*parts, *resampler.resample(None))])


def _saved(path: Path, samples: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.ascontiguousarray(samples, np.float32))
    return path
