from pathlib import Path

import pytest

from flows.doctor.scope import Scope
from flows.station.ports import free_port


@pytest.fixture
def scope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scope:
    """A folder in which nothing was started, and an environment that names nothing."""
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "RAY_ADDRESS", "EMO2_ROOTS", "EMO2_LAKE"):
        monkeypatch.delenv(name, raising=False)
    return Scope(state=tmp_path / "state", port=free_port(), ray_port=free_port())
