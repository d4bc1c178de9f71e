"""The flow behind the UI's form: how it ends."""

import json

import pytest
from prefect.testing.utilities import prefect_test_harness
from pydantic import ValidationError

from datasets.snapshots.snapshot import open_snapshot
from flows.run_states import REFUSED
from flows.snapshot import snapshot
from flows.snapshots.config import SnapshotConfig
from tests.datasets.lakes import clip, new_lake, put_clips
from tests.flows.run_page.pages import cells, name_of, page_of


@pytest.mark.slow
def test_the_flow_completes_with_what_it_made_and_refuses_in_one_sentence(tmp_path):
    lake = new_lake(tmp_path)
    put_clips(lake, clip("a1", "a"))
    config = SnapshotConfig(name="all", lake=lake.uri)
    with prefect_test_harness(server_startup_timeout=180):
        made = snapshot(config, return_state=True)
        page, name = page_of(made), name_of(made)
        again = snapshot(config, return_state=True)
    assert made.is_completed()
    assert made.message.startswith("all: 1 clips (0.0 h) of 1 videos; 1 train, 0 val, 0 test; content ")
    assert open_snapshot(lake, "all").clip_ids() == ["a1"]
    assert name == "snapshot-all"
    assert (cells(page["counts"])["Clips"], cells(page["counts"])["Clips to train"]) == (1, 1)
    assert {row["table"]: row["rows of this run"] for row in json.loads(page["versions"].data)}[
        "snapshots"
    ] == 1
    assert again.is_failed()
    assert again.name == REFUSED
    assert "the name all is taken" in again.message


@pytest.mark.parametrize("fields", [{"name": "a b"}, {"lake": ""}, {"where": ""}, {"unknown": 1}])
def test_the_form_refuses_what_cannot_be(fields):
    with pytest.raises(ValidationError):
        SnapshotConfig(**{"name": "all", "lake": "/lake"} | fields)
