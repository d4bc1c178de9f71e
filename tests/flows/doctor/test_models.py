"""What annotators look with (flows.doctor.models)."""

import pytest

from flows.doctor import models
from flows.doctor.models import backends, hand_models, mediapipe_models


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path))
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
