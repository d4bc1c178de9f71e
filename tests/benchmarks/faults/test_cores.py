import os
import subprocess
import sys
from types import MappingProxyType

from benchmarks.faults.cores import idleness, lake_of
from benchmarks.faults.workload import QUICK, Workload
from datasets.lake import ClipMedia, Lake


def test_a_crowded_machine_is_not_taken_for_an_idle_one():
    crowd = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * (os.cpu_count() or 1))
    ]
    try:
        assert idleness().free < 0.7
    finally:
        for process in crowd:
            process.kill()
            process.wait()


def test_a_lake_of_one_film_has_it_for_every_clip_and_no_labels(tmp_path):
    workload = Workload(tmp_path, tmp_path, MappingProxyType({}), QUICK, seed=0)
    film = ClipMedia("of another lake", b"mp4", b"flac", b"jpeg", 60)
    lake = Lake.open(lake_of(workload, film, 12))
    rows = lake.table("clips").to_table(columns=["clip_id", "n_frames"], filter="keep AND body_src IS NULL")
    assert rows["n_frames"].to_pylist() == [60] * 12
    media = lake.read_media(rows["clip_id"].to_pylist())
    assert {(one.mp4, one.audio) for one in media} == {(b"mp4", b"flac")}
