import subprocess
import sys

from benchmarks.faults.written import watched

WRITE = (
    "import os, sys; f = open(sys.argv[1], 'wb'); f.write(b'x' * 3_000_000); f.flush(); os.fsync(f.fileno())"
)


def test_new_and_longer_files_count_and_deleted_ones_do_not(tmp_path):
    (tmp_path / "old").write_bytes(b"x" * 10)
    (tmp_path / "gone").write_bytes(b"x" * 10)
    with watched(tmp_path) as written:
        (tmp_path / "old").write_bytes(b"x" * 15)
        (tmp_path / "gone").unlink()
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "new").write_bytes(b"x" * 100)
    assert written.files == 5 + 100


def test_what_a_process_wrote_elsewhere_counts_for_processes_alone(tmp_path):
    (tmp_path / "lake").mkdir()
    command = [sys.executable, "-c", WRITE + "; import time; time.sleep(1)", str(tmp_path / "beside")]
    with watched(tmp_path / "lake") as written:
        subprocess.run(command, check=True)
    assert written.files == 0
    assert written.processes >= 3_000_000
