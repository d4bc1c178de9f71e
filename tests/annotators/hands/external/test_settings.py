from pathlib import Path

import pytest

from annotators.hands.external import BackendError, ExternalSettings, configured_backends
from annotators.hands.external.settings import backends_file


def test_without_a_file_no_backend_is_configured(tmp_path: Path):
    assert configured_backends(tmp_path / "none.toml") == {}


def test_a_table_configures_a_backend_with_the_readmes_places(tmp_path: Path):
    file = tmp_path / "backends.toml"
    file.write_text('[wilor]\npython = "/envs/wilor/bin/python"\nfolder = "/src/WiLoR"\n')
    assert configured_backends(file) == {
        "wilor": ExternalSettings(kind="wilor", python="/envs/wilor/bin/python", folder="/src/WiLoR")
    }
    files = configured_backends(file)["wilor"].files
    assert files["weights"] == Path("/src/WiLoR/pretrained_models/wilor_final.ckpt")
    assert files["detector"] == Path("/src/WiLoR/pretrained_models/detector.pt")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[wilor", "is not a TOML file"),
        ("wilor = 3", "is not a TOML file"),
        ('[other]\npython = "p"\nfolder = "f"', "kind 'other'"),
        ('[hamer]\npython = "p"', "folder"),
        ('[hamer]\npython = "p"\nfolder = "f"\ndevice = "cuda:zero"', "device 'cuda:zero'"),
        ('[hamer]\npython = "p"\nfolder = "f"\nspeed = 3', "speed 3"),
    ],
)
def test_a_file_that_cannot_be_understood_is_told_what_is_wrong(tmp_path: Path, text: str, told: str):
    file = tmp_path / "backends.toml"
    file.write_text(text)
    with pytest.raises(BackendError, match=told):
        configured_backends(file)


def test_the_name_follows_the_weights(tmp_path: Path):
    names = set()
    for content in (b"a" * 3_000_000, b"a" * 2_999_999 + b"b", b"a" * 3_000_001):
        (tmp_path / "weights").write_bytes(content)
        settings = ExternalSettings(kind="hamer", python="p", folder=tmp_path, weights=tmp_path / "weights")
        names.add(settings.name)
    assert len(names) == 3
    assert all(name.startswith("hamer-") and len(name) == 18 for name in names)


def test_the_file_can_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path))
    monkeypatch.delenv("EMO2_BACKENDS", raising=False)
    assert backends_file() == tmp_path / "backends.toml"
    monkeypatch.setenv("EMO2_BACKENDS", "/etc/backends.toml")
    assert backends_file() == Path("/etc/backends.toml")
