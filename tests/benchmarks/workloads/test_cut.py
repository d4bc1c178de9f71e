from pathlib import Path

from benchmarks import media
from benchmarks.workloads.cut import cut
from flows.samples import SampleStore


def test_every_frame_and_shot_of_a_talker_is_seen(tmp_path: Path):
    video = media.talker(tmp_path, seconds=6, shots=2, size_px=(320, 180))
    stills = SampleStore(tmp_path)
    assert cut(video, stills) == {"frames": 150, "shots": 2}
    assert len(stills.between(0, 6, most=100)) == 6
