"""`emo2 snapshot` on a lake of known rows, from making to verifying."""

import json
import re

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from datasets.lake import Lake
from tests.datasets.lakes import clip, new_lake, put_clips, source

# By itself, video "a" stands in train, "10" in val and "120" in test: tests/datasets/splits/test_split.py


@pytest.fixture
def lake(tmp_path) -> Lake:
    lake = new_lake(tmp_path)
    put_clips(lake, clip("a1", "a"), clip("v1", "10", split="val"), clip("t1", "120", split="train"))
    return lake


def test_a_snapshot_is_made_told_and_kept_in_the_ledger(emo2, lake):
    code, out, _ = emo2("snapshot", "create", "all", "--lake", lake.uri, "--where", "n_frames > 10")
    assert code == 0
    assert out.startswith("all: 3 clips (0.0 h) of 3 videos; 2 train, 1 val, 0 test; content ")
    assert "3 clips have no hands: run `emo2 reannotate --lake" in out
    assert "there are no test clips" in out
    (run,) = lake.table("runs").to_table().to_pylist()
    assert (run["flow"], run["state"], run["tag"]) == ("snapshot", "completed", "all")
    assert json.loads(run["counts"])["clips"] == 3
    assert json.loads(run["params"])["where"] == "n_frames > 10"


def test_moves_mixtures_and_stale_labels_are_told(emo2, lake):
    put_clips(lake, clip("v2", "10", split="train", body_src=source("body", "1")))
    _, out, _ = emo2("snapshot", "create", "all", "--lake", lake.uri)
    assert "1 clips of 1 videos moved towards train" in out
    assert "body comes from 2 versions or parameters: 1/aa, 2/aa" in out
    assert "1 clips have stale body" in out


def test_labels_made_from_values_replaced_since_are_stale(emo2, lake):
    hands = source("hands")
    put_clips(
        lake,
        clip("h1", "a", hands_src=hands, hands_inputs="body 2/aa"),
        clip("h2", "a", hands_src=hands, hands_inputs="body 1/aa"),
    )
    out = emo2("snapshot", "create", "all", "--lake", lake.uri, "--json")[1]
    assert json.loads(out)["counts"]["stale"]["hands"] == 1


def test_what_cannot_be_frozen_ends_in_one_sentence_and_a_failed_run(emo2, lake):
    code, _, err = emo2("snapshot", "create", "all", "--lake", lake.uri, "--where", "n_frame > 3")
    assert (code, err.count("\n")) == (2, 1)
    assert "the table clips has no column n_frame; did you mean n_frames?" in err
    assert lake.table("runs").to_table()["state"].to_pylist() == ["failed"]
    code, _, err = emo2("snapshot", "create", "a b", "--lake", lake.uri)
    assert (code, "the name 'a b' cannot be a tag" in err) == (2, True)
    code, _, err = emo2("snapshot", "create", "all", "--lake", lake.uri, "--require-fresh")
    assert (code, "without hands" in err) == (2, True)


def test_snapshots_are_listed_shown_compared_and_verified(emo2, lake):
    emo2("snapshot", "create", "first", "--lake", lake.uri)
    put_clips(lake, clip("b1", "b"))
    emo2("snapshot", "create", "second", "--lake", lake.uri)
    out = emo2("snapshot", "list", "--lake", lake.uri)[1]
    assert out.index("first") < out.index("second")
    out = emo2("snapshot", "show", "first", "--lake", lake.uri)[1]
    assert "keep IS TRUE" in out
    assert "2/aa" in out
    out = emo2("snapshot", "diff", "first", "second", "--lake", lake.uri)[1]
    assert "first to second" in out
    code, out, _ = emo2("snapshot", "verify", "second", "--lake", lake.uri)
    assert (code, "second: 4 clips read, 0 differences" in out) == (0, True)


def test_each_answer_comes_as_json_too(emo2, lake):
    made = json.loads(emo2("snapshot", "create", "all", "--lake", lake.uri, "--json")[1])
    assert json.loads(emo2("snapshot", "show", "all", "--lake", lake.uri, "--json")[1]) == made
    assert json.loads(emo2("snapshot", "list", "--lake", lake.uri, "--json")[1]) == [made]
    diff = json.loads(emo2("snapshot", "diff", "all", "all", "--lake", lake.uri, "--json")[1])
    assert diff["same_content"] is True
    verified = json.loads(emo2("snapshot", "verify", "all", "--lake", lake.uri, "--json")[1])
    assert verified == {"name": "all", "clips": 3, "differences": []}


def test_a_damaged_film_ends_verify_with_code_1(emo2, lake):
    put_clips(lake, clip("b1", "b") | {"body_digest": "0000000000000000"})
    emo2("snapshot", "create", "all", "--lake", lake.uri)
    code, out, _ = emo2("snapshot", "verify", "all", "--lake", lake.uri)
    assert code == 1
    assert "clip b1: body is not as it was" in out


def test_a_lake_without_snapshots_says_so(emo2, lake):
    assert f"no snapshots in {lake.uri}" in emo2("snapshot", "list", "--lake", lake.uri)[1]
    code, _, err = emo2("snapshot", "diff", "x", "y", "--lake", lake.uri)
    assert (code, "has no snapshot x; it has: none" in err) == (2, True)


def test_a_promoted_snapshot_says_so_and_promoting_it_again_does_nothing(emo2, lake, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    emo2("snapshot", "create", "all", "--lake", lake.uri)
    assert re.search("promoted +│ no ", emo2("snapshot", "show", "all", "--lake", lake.uri)[1])
    code, out, _ = emo2("snapshot", "promote", "all", "--lake", lake.uri)
    assert code == 0
    assert out.splitlines() == [
        "all (3 clips, 0.0 h) is whole and promoted",
        "PREFECT_API_URL names no server, so none was told",
    ]
    first = json.loads(emo2("snapshot", "show", "all", "--lake", lake.uri, "--json")[1])["promoted_at"]
    code, out, _ = emo2("snapshot", "promote", "all", "--lake", lake.uri)
    assert (code, "was promoted already on" in out) == (0, True)
    assert json.loads(emo2("snapshot", "list", "--lake", lake.uri, "--json")[1])[0]["promoted_at"] == first
    shown = emo2("snapshot", "show", "all", "--lake", lake.uri)[1]
    assert re.search(rf"promoted +│ {first[:10]} {first[11:16]} UTC", shown)
    runs = lake.table("runs").to_table(columns=["flow", "state"]).to_pylist()
    assert runs == [
        {"flow": "snapshot", "state": "completed"},
        {"flow": "promote-snapshot", "state": "completed"},
    ]


def test_a_broken_snapshot_is_not_promoted(emo2, lake):
    put_clips(lake, clip("b1", "b") | {"body_digest": "0000000000000000"})
    emo2("snapshot", "create", "all", "--lake", lake.uri)
    code, _, err = emo2("snapshot", "promote", "all", "--lake", lake.uri)
    assert (code, "the snapshot all of" in err, "is not whole" in err) == (2, True, True)
    assert json.loads(emo2("snapshot", "show", "all", "--lake", lake.uri, "--json")[1])["promoted_at"] is None


def test_a_server_that_does_not_answer_is_named(emo2, lake):
    emo2("snapshot", "create", "all", "--lake", lake.uri)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        code, out, _ = emo2("snapshot", "promote", "all", "--lake", lake.uri)
    assert code == 0
    assert "http://127.0.0.1:9/api does not answer: start its deployment propose-training by hand" in out
