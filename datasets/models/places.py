"""Where models lie: the folder of EMO2's own, and the cache that Hugging Face's libraries share."""

import os
from pathlib import Path

FOLDER_VARIABLE = "EMO2_MODELS"


def models_folder() -> Path:
    """Where models are kept: EMO2_MODELS, else emo2/models under XDG_DATA_HOME, else under ~/.local/share."""
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "emo2" / "models"


def added_folder(model_id: str) -> Path:
    """Where `emo2 models add` puts the model of that id."""
    return models_folder() / "hub-models" / model_id


def hub_cache() -> Path:
    """Where huggingface_hub keeps what it downloads, by the variables that it goes by itself."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if chosen := os.environ.get(variable):
            return _expanded(chosen)
    if home := os.environ.get("HF_HOME"):
        return _expanded(home) / "hub"
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return _expanded(cache) / "huggingface" / "hub"
    return Path.home() / ".cache" / "huggingface" / "hub"


def cached_repo(repo: str) -> Path:
    """The folder of a repository in that cache: refs, snapshots and blobs."""
    return hub_cache() / f"models--{repo.replace('/', '--')}"


def _expanded(value: str) -> Path:
    return Path(os.path.expandvars(value)).expanduser()
