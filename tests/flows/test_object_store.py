"""An ingest from a bucket into a lake in that bucket, held against the same ingest between folders."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.content import clip_contents
from datasets.lake import Lake
from datasets.talker import write_talker

pytestmark = pytest.mark.slow
EMO2 = Path(sys.executable).with_name("emo2")
SECONDS = 5


def emo2(*arguments: object, **environment: str) -> str:
    run = subprocess.run(
        [EMO2, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=900,
        env=os.environ | environment,
    )
    assert run.returncode == 0, (run.stdout + run.stderr)[-3000:]
    return run.stdout


@pytest.fixture(scope="module")
def talker(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("sample") / "talker.mp4"
    write_talker(file, seconds=SECONDS, shots=1)
    return file


def test_a_lake_in_a_bucket_holds_what_a_lake_in_a_folder_does(store, talker, tmp_path):
    store.client().upload_file(str(talker), store.bucket, "videos/talker.mp4")
    emo2("ingest", store.uri("videos"), "--lake", store.uri("lake"), **store.environment)
    emo2("ingest", talker.parent, "--lake", tmp_path / "lake")
    bucket = Lake.open(store.uri("lake"), storage_options=store.options)
    contents = clip_contents(bucket)
    assert len(contents) == 1
    assert contents == clip_contents(Lake.open(tmp_path / "lake"))
    states = bucket.table("runs").to_table(columns=["flow", "state"]).to_pylist()
    assert states == [{"flow": "ingest", "state": "completed"}]

    said = emo2("ingest", store.uri("videos"), "--lake", store.uri("lake"), **store.environment)
    assert "1 already known" in said
    assert clip_contents(bucket) == contents
