"""A machine without models, a registry of two, and a Hub that has them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from datasets.models.entries import ModelEntry
from tests.model_hub import Hub, HubRepo, model_hub

WEIGHTS = bytes(range(256)) * 64  # large, as the Hub sees it
PINNED = "a" * 40


@dataclass(frozen=True)
class Machine:
    """Where models lie on it."""

    models: Path
    cache: Path

    def cached(self, repo: str, commit: str, files: dict[str, bytes], ref: str | None = None) -> Path:
        """Put a snapshot into the cache as huggingface_hub lays it out: links to blobs."""
        folder = self.cache / f"models--{repo.replace('/', '--')}"
        for name, content in files.items():
            blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(content)
            link = folder / "snapshots" / commit / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(blob)
        if ref:
            (folder / "refs").mkdir(exist_ok=True)
            (folder / "refs" / ref).write_text(commit)
        return folder / "snapshots" / commit


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Nothing on it, and no network: the port is nobody's."""
    for name in (
        "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE",
        "HF_TOKEN",
        "HF_HUB_OFFLINE",
        "TRANSFORMERS_OFFLINE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EMO2_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return Machine(tmp_path / "models", tmp_path / "hf" / "hub")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelEntry]:
    """One model with a revision and hashes, one without."""
    pinned = ModelEntry(
        id="ears",
        repo="acme/ears",
        revision=PINNED,
        files=("config.json", "model.safetensors|pytorch_model.bin"),
        licence="MIT",
        size_bytes=len(WEIGHTS),
        needed_by=("audio",),
        sha256={"pytorch_model.bin": hashlib.sha256(WEIGHTS).hexdigest()},
        optional=("vocab.json",),
    )
    floating = ModelEntry("mouth", "acme/mouth", None, ("auxiliary/mouth.model",), "MIT", None, ("face",))
    monkeypatch.setattr("datasets.models.table.MODELS", (pinned, floating))
    return {"ears": pinned, "mouth": floating}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub with the two models of the registry, and a repository of nobody's."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # it asks the environment once
    with model_hub() as running:
        running.repos["acme/ears"] = HubRepo(
            {
                "README.md": b"ears",
                "config.json": b"{}",
                "pytorch_model.bin": WEIGHTS,
                "tf_model.h5": WEIGHTS + b"tf",
                "vocab.json": b"[]",
            },
            commit=PINNED,
        )
        running.repos["acme/mouth"] = HubRepo(
            {"auxiliary/mouth.model": WEIGHTS + b"m", "unet.pt": WEIGHTS + b"u"}
        )
        running.repos["someone/tiny"] = HubRepo(
            {"config.json": b"{}", "model.safetensors": WEIGHTS + b"s", "pytorch_model.bin": WEIGHTS + b"p"}
        )
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running
