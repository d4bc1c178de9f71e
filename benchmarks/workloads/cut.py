"""Finds the shots of one video as the survey of an ingest does: `cut VIDEO [STILLS_FOLDER]`.

With a folder the stills for the framing are kept too, one a second.
"""

import json
import sys
from pathlib import Path

from annotators.scenes import LONG_SIDE_PX, SceneCutter
from datasets.media.decode import VideoReader
from flows.samples import SAMPLE_LONG_SIDE_PX, SampleStore


def cut(video: Path, stills: SampleStore | None) -> dict[str, int]:
    """How many frames and shots the video has."""
    cutter, n_frames, last_s = SceneCutter(), 0, 0.0
    with VideoReader(video, loop_filter=False) as reader:
        for frame in reader.frames():
            cutter.add(frame.time_s, frame.small_bgr(LONG_SIDE_PX))
            if stills and stills.wants(frame.time_s):
                stills.add(frame.time_s, frame.rgb(SAMPLE_LONG_SIDE_PX))
            n_frames, last_s = n_frames + 1, frame.time_s
    return {"frames": n_frames, "shots": len(cutter.finish(last_s))}


if __name__ == "__main__":
    video, *folder = map(Path, sys.argv[1:])
    print(json.dumps(cut(video, SampleStore(*folder) if folder else None)))
