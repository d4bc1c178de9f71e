import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from datasets.models import entry, known_models
from flows import cli
from tests.datasets.hand.mano_files import mano_arrays, published, varied_hand, write_python2
from tests.model_hub import HubRepo, model_hub

WEIGHTS = bytes(range(256)) * 64


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("HF_TOKEN", raising=False)


@pytest.fixture
def hub(monkeypatch):
    """A Hub with one repository of weights, and one that is gated."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with model_hub() as running:
        running.repos["someone/tiny"] = HubRepo({"config.json": b"{}", "model.safetensors": WEIGHTS})
        running.repos["someone/gated"] = HubRepo({"model.safetensors": WEIGHTS + b"g"}, is_gated=True)
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["emo2", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_a_model_is_added_with_its_licence_told_and_then_listed(monkeypatch, tmp_path, capsys):
    right = write_python2(published(mano_arrays(varied_hand(), "right")), tmp_path / "MANO_RIGHT.pkl")
    assert run(monkeypatch, "models", "add", "mano", str(right)) == 0
    said = capsys.readouterr().out
    assert said.startswith("mano-")
    assert "non-commercial research" in said
    assert run(monkeypatch, "models", "list") == 0
    listed = capsys.readouterr().out
    assert listed.startswith("neutral")
    assert said.split()[0] in listed
    assert all(model.id in listed for model in known_models())


def test_without_mano_the_list_tells_how_to_add_it(monkeypatch, capsys):
    assert run(monkeypatch, "models", "list") == 0
    assert "emo2 models add mano PATH" in capsys.readouterr().out


def test_a_wrong_file_ends_in_one_sentence_and_code_2(monkeypatch, tmp_path, capsys):
    wrong = tmp_path / "wrong.pkl"
    wrong.write_text("no model")
    assert run(monkeypatch, "models", "add", "mano", str(wrong)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"emo2: {wrong} is not taken as a hand model")


def test_get_says_what_came_from_where_and_under_which_licence(monkeypatch, hub, capsys):
    assert run(monkeypatch, "models", "get", "someone/tiny") == 0
    said = capsys.readouterr().out
    assert said.startswith("someone/tiny@cccccccccccc is here, 0 MB, verified (")
    assert f"licence: see {hub.endpoint}/someone/tiny" in said
    assert run(monkeypatch, "models", "get", "someone/tiny") == 0
    assert "was here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["someone/gated"], "is gated: accept its terms at"),
        (["nobody/nothing"], "is not on the Hub"),
        (["nose"], "is not known"),
        (["someone/tiny", "--locked"], "models.lock.json has no someone/tiny"),
        (["someone/tiny", "someone/gated", "--revision", "v2"], "is for one model"),
    ],
)
def test_what_cannot_be_got_ends_in_one_sentence_and_code_2(monkeypatch, hub, capsys, arguments, told):
    assert run(monkeypatch, "models", "get", *arguments) == 2
    said = capsys.readouterr().err
    assert (said.count("\n"), told in said) == (1, True)


def test_a_model_of_the_users_is_added_and_listed_as_json(monkeypatch, tmp_path, capsys):
    folder = tmp_path / "download"
    folder.mkdir()
    for name in ("config.json", "preprocessor_config.json", "pytorch_model.bin"):
        (folder / name).write_bytes(name.encode())
    assert run(monkeypatch, "models", "add", "wavlm-base", str(folder)) == 0
    stamp = capsys.readouterr().out.split()[0]
    assert run(monkeypatch, "models", "list", "--json", "--verify") == 0
    listed = json.loads(capsys.readouterr().out)
    rows = {row["id"]: row for row in listed["models"]}
    assert list(rows) == [model.id for model in known_models()]
    assert (rows["wavlm-base"]["here"], rows["wavlm-base"]["stamp"]) == (True, stamp)
    assert rows["whisper-tiny"]["sha256"] == dict(entry("whisper-tiny").sha256)
    assert len(rows["whisper-tiny"]["sha256"]["model.bin"]) == 64
    assert (rows["syncnet"]["here"], rows["syncnet"]["get"]) == (False, "emo2 models get syncnet")
    assert listed["hands"] == [{"name": "neutral", "path": None}]


def test_a_copy_that_changed_is_told_with_code_1(monkeypatch, tmp_path, capsys):
    folder = tmp_path / "download"
    folder.mkdir()
    for name in ("config.json", "preprocessor_config.json", "pytorch_model.bin"):
        (folder / name).write_bytes(name.encode())
    run(monkeypatch, "models", "add", "wavlm-base", str(folder))
    copied = Path(os.environ["EMO2_MODELS"], "hub-models", "wavlm-base", "config.json")
    copied.write_text("changed")
    capsys.readouterr()
    assert run(monkeypatch, "models", "list", "--verify", "--json") == 1
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)["models"]}
    assert rows["wavlm-base"]["flaw"] == "changed since it was added"


def test_ctrl_c_keeps_what_came_and_the_next_get_goes_on_from_there(hub, tmp_path):
    large = os.urandom(1 << 20) * 24  # what came is written in steps of 10 MB
    hub.repos["someone/large"] = HubRepo({"model.safetensors": large})
    hub.waits = threading.Event()
    command = [sys.executable, "-c", "from flows.cli import main; main()", "models", "get", "someone/large"]
    getting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        came = _wait_for_bytes(tmp_path / "hf", 10 << 20)
        getting.send_signal(signal.SIGINT)
        _, said = getting.communicate(timeout=60)
    finally:
        getting.kill()
        hub.waits.set()
    assert (getting.returncode, said) == (
        130,
        "emo2: stopped; what came is kept, and running it again goes on from there\n",
    )
    hub.waits = None
    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert hub.ranges() == ["", f"bytes={came}-"]


def _wait_for_bytes(folder: Path, count: int) -> int:
    """The size of the file that is coming, once it has so many."""
    for _ in range(600):
        sizes = [path.stat().st_size for path in folder.rglob("*.incomplete")]
        if sizes and max(sizes) >= count:
            return max(sizes)
        time.sleep(0.1)
    raise AssertionError("nothing came within a minute")
