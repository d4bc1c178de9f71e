"""Films with hard cuts, labelled by eye.

The candidates looked at were those of ffmpeg's scene filter and of our cutter, so a cut that both miss is
missing here too: reported without a target.
"""

from pathlib import Path

from benchmarks.cut_videos import CutVideo, Transition
from datasets.media.decode import VideoReader

_TEARS = (52, 122, 158, 221, 309, 715, 788, 872, 901, 987, 1127, 1157, 1203, 1234, 1246, 1284, 1345, 1378)
_INTERVIEWS = (17, 36, 54, 73, 93, 111, 130, 149, 167, 186, 204, 222, 291, 432, 540, 609, 710, 769, 819, 949)
_FIRST_FRAMES = {
    "cuts/tears_of_steel_18cuts.webm": (*_TEARS, 1430, 1472, 1571, 1618, 1650),
    "cuts/issue-195-aspect-ratio.mp4": (70, 170, 301, 421, 484),
    "cuts/issue-134-rotate.mp4": (90, 210),
    "cuts/goldeneye-vfr-drop3.mp4": (60, 140),
    "talk/interviews_vfr_19cuts.mp4": _INTERVIEWS,
}


def labelled_films(media: Path) -> list[CutVideo]:
    """The labelled films of the folder of test media."""
    return [_film(media / name, cuts) for name, cuts in _FIRST_FRAMES.items()]


def _film(path: Path, cuts: tuple[int, ...]) -> CutVideo:
    with VideoReader(path) as reader:
        times_s = tuple(frame.time_s for frame in reader.frames())
    return CutVideo(f"film {path.stem}", path, tuple(Transition(cut, cut) for cut in cuts), times_s)
