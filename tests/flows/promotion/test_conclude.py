"""A decision carried out: what the ledger keeps, and that nothing is done twice."""

import json
from types import SimpleNamespace

import pytest

from datasets.lake import Lake
from datasets.snapshots.create import Choice, create_snapshot
from datasets.snapshots.snapshot import SnapshotError
from datasets.takedown.tags import withdraw
from flows.promotion import conclude as module
from flows.promotion.conclude import conclude
from flows.promotion.config import ProposeConfig
from flows.promotion.decision import Decision
from tests.datasets.lakes import clip, new_lake, put_clips

APPROVE = Decision(decision="approve", comment=" good hands ", decided_by="Ann")
REJECT = Decision(decision="reject", comment="too few speakers")


@pytest.fixture
def lake(tmp_path) -> Lake:
    lake = new_lake(tmp_path)
    put_clips(lake, clip("a1", "a"))
    create_snapshot(lake, "all", Choice())
    return lake


@pytest.fixture
def started(monkeypatch) -> list[str]:
    """Keys of the trainings that were started."""
    keys: list[str] = []
    monkeypatch.setattr(module, "find_deployment", lambda name: SimpleNamespace(id="d", parameters={}))
    monkeypatch.setattr(module, "launch", lambda config, found, key: keys.append(key) or ("id-1", "blue-cat"))
    return keys


def proposal(lake: Lake) -> ProposeConfig:
    return ProposeConfig(lake=lake.uri, snapshot="all")


def ledger(lake: Lake) -> list[dict]:
    rows = lake.table("runs").to_table(columns=["flow", "state", "counts"]).to_pylist()
    return [json.loads(row["counts"]) | {"flow": row["flow"], "state": row["state"]} for row in rows]


def test_an_approval_is_launched_and_recorded_once_however_often_the_run_is_retried(lake, started):
    first = conclude(proposal(lake), APPROVE, flow_run_id="run-1")
    again = conclude(proposal(lake), APPROVE, flow_run_id="run-1")
    assert again == first
    assert (
        first.sentence
        == "all was approved by Ann (good hands); train-stage1/train-stage1 was started as blue-cat"
    )
    assert started == ["propose-training-run-1"]
    assert ledger(lake) == [
        {
            "flow": "propose-training", "state": "completed", "snapshot": "all", "decision": "approve",
            "comment": "good hands", "decided_by": "Ann", "flow_run_id": "run-1",
            "deployment": "train-stage1/train-stage1", "launched": "blue-cat", "launched_id": "id-1",
        }
    ]  # fmt: skip


def test_a_launch_that_fails_is_tried_again_under_the_same_key(lake, started, monkeypatch):
    launch = module.launch

    def broken(config, found, key):
        launch(config, found, key)
        raise OSError("the server went away")

    monkeypatch.setattr(module, "launch", broken)
    with pytest.raises(OSError, match="went away"):
        conclude(proposal(lake), APPROVE, flow_run_id="run-1")
    monkeypatch.setattr(module, "launch", launch)
    assert conclude(proposal(lake), APPROVE, flow_run_id="run-1").launched == "blue-cat"
    assert started == ["propose-training-run-1"] * 2  # of which Prefect starts one
    assert [row["state"] for row in ledger(lake)] == ["failed", "completed"]


def test_a_rejection_launches_nothing_and_keeps_the_comment(lake, started):
    verdict = conclude(proposal(lake), REJECT, flow_run_id="run-1")
    assert (verdict.sentence, started) == ("all was rejected (too few speakers)", [])
    assert ledger(lake)[0]["comment"] == "too few speakers"


def test_without_the_deployment_the_approval_says_what_is_missing(lake, monkeypatch):
    monkeypatch.setattr(module, "find_deployment", lambda name: None)
    told = conclude(proposal(lake), APPROVE, flow_run_id="run-1").sentence
    assert "nothing was launched, since the server has no deployment train-stage1/train-stage1" in told
    assert ledger(lake)[0]["launched"] is None


def test_a_snapshot_withdrawn_meanwhile_is_not_trained_on_but_can_be_rejected(lake, started):
    withdraw(lake, ["a"])
    with pytest.raises(SnapshotError, match="is withdrawn"):
        conclude(proposal(lake), APPROVE, flow_run_id="run-1")
    assert (started, ledger(lake)) == ([], [])
    assert not conclude(proposal(lake), REJECT, flow_run_id="run-1").is_approved
