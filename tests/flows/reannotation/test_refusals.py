"""What a re-annotation refuses before anything starts, and what it would do; without Ray or a server."""

import pytest

from datasets.lake import Lake, LakeError
from datasets.rows import table_of
from flows.ledger import recorded
from flows.reannotate import reannotate, sole_reannotation
from flows.reannotation.config import ReannotateConfig
from flows.run_states import REFUSED
from tests.flows.stale_lakes import append, clip_row, stale_lake

OWN = "tests.flows.own_annotators"
SPEECH = f"{OWN}:SpeechOne"


def config(lake: Lake, annotator: str = SPEECH, **choice) -> ReannotateConfig:
    return ReannotateConfig(lake=lake.uri, annotator=annotator, **choice)


def test_a_second_run_of_the_same_slot_is_refused_and_named(tmp_path):
    lake = stale_lake(tmp_path, 1)
    with (
        recorded(lake, "reannotate", config(lake)) as first,
        pytest.raises(LakeError, match=rf"{first.run_id} is re-annotating speech .*wait until it has ended"),
        sole_reannotation(lake, config(lake, f"{OWN}:SpeechTwo"), "speech"),
    ):
        pass


def test_runs_of_two_slots_go_on_side_by_side(tmp_path):
    lake = stale_lake(tmp_path, 1)
    with (
        sole_reannotation(lake, config(lake), "speech") as one,
        sole_reannotation(lake, config(lake, "body"), "body") as other,
    ):
        assert one.run_id != other.run_id
    assert set(lake.table("runs").to_table()["state"].to_pylist()) == {"completed"}


def test_a_run_that_was_killed_is_in_nobodys_way(tmp_path):
    lake = stale_lake(tmp_path, 1)
    row = {
        "run_id": "killed",
        "flow": "reannotate",
        "params": config(lake).model_dump_json(),
        "state": "running",
    }
    lake.upsert("runs", table_of("runs", [row]), on="run_id")
    with sole_reannotation(lake, config(lake), "speech"):
        pass
    states = dict(
        zip(*lake.table("runs").to_table(columns=["run_id", "state"]).to_pydict().values(), strict=True)
    )
    assert states["killed"] == "failed"


@pytest.mark.parametrize(
    ("annotator", "sentence"),
    [
        ("no_such_package:Feet", "no annotator no_such_package:Feet"),
        (f"{OWN}:NoSlot", "is no annotator"),
        (f"{OWN}:ElsewhereOnly", "whisper"),
        ("tests.flows.own_isolated:SpeechElsewhere", "run `emo2 env build speech`"),
    ],
)
def test_an_annotator_that_cannot_run_ends_the_flow_as_refused(tmp_path, annotator, sentence):
    lake = stale_lake(tmp_path, 1)
    state = reannotate.fn(config(lake, annotator))
    assert state.name == REFUSED
    assert sentence in state.message
    assert lake.table("runs").count_rows() == 0


def test_a_lake_that_is_not_there_is_not_made(tmp_path):
    state = reannotate.fn(ReannotateConfig(lake=str(tmp_path / "none"), annotator=SPEECH))
    assert state.name == REFUSED
    assert state.message.startswith("no lake at")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--annotator", "feet"), "--annotator 'feet'"),
        (("--annotator", "feet"), "speaker, style, or package.module:Class"),
        (("--annotator", SPEECH, "--where", "splt = 1"), "has no column splt"),
        (("--annotator", SPEECH, "--limit", "0"), "--limit"),
        (("--annotator", "hands", "--hand-model", "mano-0123456789ab"), "no hand model mano-0123456789ab"),
        (("--annotator", "hands", "--hand-backend", "openpose"), "--hand-backend 'openpose'"),
    ],
)
def test_options_that_cannot_be_served_get_one_sentence(emo2, tmp_path, monkeypatch, options, sentence):
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path / "models"))
    lake = stale_lake(tmp_path, 1)
    code, _, err = emo2("reannotate", "--lake", lake.uri, "--dry-run", *options)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err


def test_a_dry_run_counts_what_is_stale_and_why_and_writes_nothing(emo2, tmp_path):
    lake = stale_lake(tmp_path, 3)
    append(lake, clip_row(3, body_src=None), clip_row(4, keep=False))
    before = lake.versions()
    code, out, _ = emo2("reannotate", "--lake", lake.uri, "--annotator", f"{OWN}:SpeechOfBody", "--dry-run")
    assert code == 0
    assert "never annotated" in out
    assert "1 more clips lack body, which speech is derived from" in out
    assert "3 clips would be annotated; nothing was written" in out
    assert lake.versions() == before


def test_a_dry_run_counts_without_the_environment_that_the_run_would_need(emo2, tmp_path):
    lake = stale_lake(tmp_path, 2)
    elsewhere = "tests.flows.own_isolated:SpeechElsewhere"
    code, out, _ = emo2("reannotate", "--lake", lake.uri, "--annotator", elsewhere, "--dry-run")
    assert (code, "2 clips would be annotated" in out) == (0, True)
