"""What annotators look with (flows.doctor.models)."""

import pytest

from datasets.models.add import add_model
from flows.doctor import models
from flows.doctor.models import annotator_models, backends, default_models, hand_models, mediapipe_models


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("EMO2_BACKENDS", raising=False)
    return tmp_path


def test_the_wheel_has_its_models(scope):
    (found,) = mediapipe_models(scope)
    assert (found.state, found.text) == ("ok", "all 5, in the wheel 0.10.21")


def test_a_wheel_without_a_model_is_a_problem(scope, monkeypatch):
    monkeypatch.setattr(models, "_MEDIAPIPE", ("face_detection/from_next_year.tflite",))
    (found,) = mediapipe_models(scope)
    assert (found.state, "lacks face_detection/from_next_year.tflite" in found.text) == ("problem", True)


def test_no_mano_is_in_order(scope):
    (found,) = hand_models(scope)
    assert (found.state, "emo2 models add mano" in found.text) == ("ok", True)


def test_a_damaged_mano_is_a_problem(scope, folder):
    (folder / "mano-0123456789ab.npz").write_bytes(b"half a file")
    (found,) = hand_models(scope)
    assert (found.state, "is damaged" in found.text, "delete it" in found.remedy) == ("problem", True, True)


def test_backends_that_are_not_set_up_are_in_order(scope):
    (found,) = backends(scope)
    assert found.state == "ok"


@pytest.mark.parametrize(
    ("settings", "told"),
    [("[wilor", "is not a TOML file"), ('[wilor]\npython = "/p"\nfolder = "/f"\n', "/p")],
)
def test_a_backend_that_cannot_start_is_a_problem(scope, folder, settings, told):
    (folder / "backends.toml").write_text(settings)
    (found,) = backends(scope)
    assert (found.state, told in found.text + found.remedy) == ("problem", True)


def test_models_that_annotators_lack_are_a_hint_with_the_command(scope):
    (found,) = annotator_models(scope)
    assert found.state == "ok"
    assert f"0 of {len(default_models())} are here" in found.text
    assert f"`emo2 models get {' '.join(default_models())}`" in found.text


def test_a_model_that_is_here_is_not_asked_for(scope, tmp_path, monkeypatch):
    source = tmp_path / "download"
    source.mkdir()
    for name in ("config.json", "preprocessor_config.json", "pytorch_model.bin"):
        (source / name).write_bytes(b"1")
    add_model("wavlm-base", source)
    monkeypatch.setattr(models, "default_models", lambda: ("wavlm-base",))
    (found,) = annotator_models(scope)
    assert (found.state, found.text) == ("ok", "1 of 1 are here: wavlm-base")


def test_a_lock_that_cannot_be_read_is_a_problem(scope, folder):
    (folder / "models.lock.json").write_text("{")
    problem, hint = annotator_models(scope)
    assert (problem.state, problem.remedy, hint.state) == ("problem", "mend or delete it", "ok")
