from collections.abc import Callable
from pathlib import Path

import pytest

from flows.environments import recipes
from tests.flows.environments.tiny import write_recipe, write_wheel


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where packages come from."""
    write_wheel(tmp_path / "wheels", "pebble", "1.0")
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_FIND_LINKS", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("TORCH", "cpu")
    return tmp_path / "wheels"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where environments go."""
    monkeypatch.setenv("EMO2_ENVIRONMENTS", str(tmp_path / "environments"))
    return tmp_path / "environments"


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheels: Path, folder: Path) -> Path:
    """The folder of recipes, in which `tiny` is the only one."""
    write_recipe(tmp_path / "recipes")
    monkeypatch.setattr(recipes, "FOLDER", tmp_path / "recipes")
    return tmp_path / "recipes"


@pytest.fixture
def said() -> list[str]:
    """What a build told."""
    return []


@pytest.fixture
def tell(said: list[str]) -> Callable[[str], None]:
    return said.append
