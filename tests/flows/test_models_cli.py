from pathlib import Path

import pytest

from flows import cli
from tests.datasets.hand.mano_files import mano_arrays, published, varied_hand, write_python2


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path / "models"))


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
