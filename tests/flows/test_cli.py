"""Every mistake a user can make ends in one sentence, exit code 2 and no traceback."""

import json

import pytest

from datasets.lake import Lake
from datasets.schema import TABLES
from flows.ingest import ingest
from flows.ingest_config import HandOptions, IngestConfig
from flows.run_states import REFUSED


@pytest.fixture
def empty_lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


def test_help_names_every_command(emo2):
    code, out, _ = emo2("--help")
    assert code == 0
    commands = (
        "ingest",
        "status",
        "report",
        "view",
        "talker",
        "models",
        "buckets",
        "calibrate",
        "reannotate",
        "snapshot",
        "forget",
        "maintain",
        "quarantine",
        "plan",
    )
    assert all(command in out for command in commands)


def test_status_json_has_the_documented_shape(emo2, empty_lake):
    code, out, _ = emo2("status", "--lake", empty_lake.uri, "--json")
    counted = json.loads(out)
    assert code == 0
    assert counted["videos"] == {"total": 0, "ingested": 0, "quarantined": 0, "forgotten": 0}
    assert counted["clips"] == {"total": 0, "kept": 0, "filtered": 0, "quarantined": 0}
    assert counted["annotators"]["hands"] == {"version": None, "filled": 0, "null": 0, "stale": 0}
    assert set(counted["versions"]) == set(TABLES)


def test_status_for_people_is_a_table(emo2, empty_lake):
    code, out, _ = emo2("status", "--lake", empty_lake.uri)
    assert code == 0
    assert "quarantined" in out
    assert "hands" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("status", "--lake", "{tmp}/none"), "no lake at"),
        (("report", "--lake", "{tmp}/none", "--out", "{tmp}/r.html"), "no lake at"),
        (("view", "ab12", "--lake", "{tmp}/none", "--save", "{tmp}/c.rrd"), "no lake at"),
        (("ingest", "{tmp}/none.mp4", "--lake", "{tmp}/l", "--dry-run"), "no such file"),
        (("ingest", "{tmp}", "--lake", "{tmp}/l", "--dry-run"), "no "),
        (("ingest", "{tmp}", "--lake", "{tmp}/l", "--annotators", "feet"), "feet"),
        (
            ("ingest", "{tmp}", "--lake", "{tmp}/l", "--annotators", "motion"),
            "motion needs body and hands too",
        ),
        (("ingest", "{tmp}", "--lake", "{tmp}/l", "--limit", "0"), "--limit"),
        (("calibrate", "--out", "{tmp}/none/c.json"), "none/c.json cannot be written"),
        (("talker", "{tmp}/none/t.mp4"), "none"),
        (("talker", "{tmp}/t.mp4", "--seconds", "2", "--shots", "9"), "shots"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(emo2, tmp_path, arguments, sentence):
    code, _, err = emo2(*(text.format(tmp=tmp_path) for text in arguments))
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--hand-model", "mano-0123456789ab"), "no hand model mano-0123456789ab in {tmp}/models"),
        (("--hand-model", ""), "--hand-model ''"),
        (("--hand-backend", "hamer"), "hand backend hamer is not configured in {tmp}/backends.toml"),
        (("--hand-backend", "wilor"), "wilor: python {tmp}/none is not there"),
        (("--hand-backend", "openpose"), "--hand-backend 'openpose'"),
        (("--hand-calibration", "{tmp}/none.json"), "{tmp}/none.json cannot be read"),
        (("--hand-calibration", "{tmp}/backends.toml"), "{tmp}/backends.toml is no calibration"),
    ],
)
def test_hand_options_this_machine_cannot_serve_are_refused_before_anything_starts(
    emo2, tmp_path, monkeypatch, options, sentence
):
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EMO2_BACKENDS", str(tmp_path / "backends.toml"))
    (tmp_path / "backends.toml").write_text(f'[wilor]\npython = "{tmp_path}/none"\nfolder = "{tmp_path}"\n')
    (tmp_path / "video.mp4").write_bytes(b"")
    given = [text.format(tmp=tmp_path) for text in options]
    code, _, err = emo2("ingest", tmp_path / "video.mp4", "--lake", tmp_path / "lake", "--dry-run", *given)
    assert code == 2
    assert sentence.format(tmp=tmp_path) in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_the_flow_refuses_the_same_hand_options(tmp_path):
    config = IngestConfig(
        source=str(tmp_path), lake=str(tmp_path / "lake"), hands=HandOptions(model="mano-0123456789ab")
    )
    state = ingest.fn(config)
    assert state.name == REFUSED
    assert state.message.startswith("no hand model mano-0123456789ab in ")
    assert not (tmp_path / "lake").exists()


def test_dry_run_tells_what_it_would_do_and_writes_nothing(emo2, tmp_path):
    video = tmp_path / "broken.mp4"
    video.write_bytes(b"not a video")
    code, out, _ = emo2("ingest", video, "--lake", tmp_path / "lake", "--dry-run")
    assert code == 0
    assert "0 of 1 videos would be ingested" in out
    assert not (tmp_path / "lake").exists()
