"""A re-annotation that is killed, then told to stop, then left alone: each run goes on where the last one was."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from datasets.content import clip_contents
from datasets.identity import params_hash
from datasets.lake import Lake
from datasets.replacement import commit_replacements
from datasets.staleness import Wanted
from flows.reannotation.config import ReannotateConfig
from flows.reannotation.plan import plan_reannotation
from flows.reannotation.work import ClipWork, write_shard
from flows.shard_ledger import shard_rows
from tests.flows.own_annotators import LOG, SECONDS, SpeechOfBody
from tests.flows.stale_lakes import stale_lake

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
DRIVER = ROOT / "tests/flows/reannotate_driver.py"
START_S = 300.0  # shared machines are slow
FRAGMENTS, CLIPS_EACH = 8, 4


def start(lake: Lake, log: Path, seconds: float) -> subprocess.Popen[str]:
    annotator = "tests.flows.own_annotators:SpeechOfBody"
    config = ReannotateConfig(lake=lake.uri, annotator=annotator, clips_per_shard=CLIPS_EACH)
    environment = {LOG: str(log), SECONDS: str(seconds), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, DRIVER, config.model_dump_json()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        start_new_session=True,
    )


def wait_until(holds: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + START_S
    while not holds():
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.05)


def written(lake: Lake) -> int:
    return len(shard_rows(lake, state="written"))


def kill_all(run: subprocess.Popen[str]) -> None:
    """As when a machine goes down: Ray's processes would end by themselves, but after their work in hand."""
    processes = [psutil.Process(run.pid), *psutil.Process(run.pid).children(recursive=True)]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes)


def clips_in(log: Path) -> Counter[str]:
    return Counter(log.read_text().split()) if log.exists() else Counter()


def runs(lake: Lake) -> list[dict]:
    return sorted(lake.table("runs").to_table().to_pylist(), key=lambda row: row["started_at"])


def test_a_killed_and_a_stopped_run_are_continued_and_at_most_a_shard_is_done_again(tmp_path):
    lake, log = stale_lake(tmp_path, *[CLIPS_EACH] * FRAGMENTS), tmp_path / "log"
    before = clip_contents(lake)

    killed = start(lake, log, 0.5)
    wait_until(lambda: written(lake) >= 2)
    kill_all(killed)
    assert clip_contents(lake) == before  # nothing shows until all is there
    first = clips_in(log).total()

    stopped = start(lake, log, 0.5)
    wait_until(lambda: clips_in(log).total() > first and written(lake) >= 1)
    stopped.send_signal(signal.SIGTERM)
    _, said = stopped.communicate(timeout=START_S)
    assert stopped.returncode == 143, said
    assert said.startswith("emo2: stopped")

    last = start(lake, log, 0)
    out, said = last.communicate(timeout=START_S)
    assert last.returncode == 0, said
    assert "stale clips replaced" in out

    assert [row["state"] for row in runs(lake)] == ["failed", "cancelled", "completed"]
    assert json.loads(runs(lake)[-1]["counts"])["resumed"] >= CLIPS_EACH
    times = clips_in(log)
    assert set(times) == set(before)
    again = times.total() - len(times)
    assert (
        again <= 2 * 2 * CLIPS_EACH
    )  # two runs were ended; each had a shard in hand and the head of the next
    assert clip_contents(lake) == clip_contents(undisturbed(tmp_path / "undisturbed"))


def undisturbed(folder: Path) -> Lake:
    """The same lake, annotated here and now."""
    lake = stale_lake(folder, *[CLIPS_EACH] * FRAGMENTS)
    version = lake.table("clips").version
    wanted = Wanted("speech", "1", params_hash({}), ("body",))
    (shard,) = plan_reannotation(lake.table("clips"), wanted, clips_per_shard=1000).shards
    work = ClipWork(lake, SpeechOfBody(), version, "r")
    made = work.annotate([clip.clip_id for clip in shard.clips], list(shard.fragments))
    commit_replacements(lake, write_shard(lake, shard, version, [made.rows], slot="speech", reads=("body",)))
    return lake
