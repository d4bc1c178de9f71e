"""The hand models a user has: the neutral one, and MANO once `emo2 models add mano PATH` was run.

A model lies in a folder of the user's own, outside any repository, as NAME.npz: plain arrays, no pickle. Its name
holds a hash of its numbers, which is checked at every opening.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from datasets.errors import UserError
from datasets.hand.mano_file import content_name, flaw, load_mano
from datasets.hand.model import MANO_PARENTS, HandModel
from datasets.hand.neutral import neutral_hand
from datasets.models.places import FOLDER_VARIABLE, models_folder

NEUTRAL = "neutral"
_NAME = re.compile(r"mano-[0-9a-f]{12}")
_ARRAYS = ("template", "shape_dirs", "pose_dirs", "joint_regressor", "weights", "faces")


@dataclass(frozen=True)
class StoredModel:
    """A model that `hand_model` finds by name."""

    name: str
    path: Path


def hand_model(name: str, folder: Path | None = None) -> HandModel:
    """The model of that name: "neutral", or "mano-..." from `folder` (by default `models_folder()`).

    Its arrays are read-only. Raises UserError where the folder has no such model, or a damaged one.
    """
    if name == NEUTRAL:
        return neutral_hand()
    folder = folder or models_folder()
    path = folder / f"{name}.npz"
    if not _NAME.fullmatch(name) or not path.is_file():
        known = ", ".join([NEUTRAL, *(model.name for model in stored_models(folder))])
        raise UserError(f"no hand model {name} in {folder} (there: {known}): run `emo2 models add mano PATH`")
    return _read(path)


def stored_models(folder: Path | None = None) -> list[StoredModel]:
    """The models in `folder`, by name; the neutral one needs no file and is not among them."""
    found = sorted((folder or models_folder()).glob("mano-*.npz"))
    return [StoredModel(path.stem, path) for path in found if _NAME.fullmatch(path.stem)]


def add_mano(source: Path, folder: Path | None = None) -> StoredModel:
    """Convert the user's MANO_RIGHT.pkl into `folder`; a second time changes nothing.

    Raises ModelFileError for a file that is not MANO, UserError for a folder that cannot be written.
    """
    model = load_mano(source)
    folder = folder or models_folder()
    path = folder / f"{model.name}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(model, path)
    except OSError as error:
        remedy = f"choose a writable one with {FOLDER_VARIABLE}"
        raise UserError(
            f"the models folder {folder} cannot be written ({error.strerror}): {remedy}"
        ) from error
    return StoredModel(model.name, path)


def _write(model: HandModel, path: Path) -> None:
    """In one step, so that a reader or a second writer never meets half a file."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        part = Path(file.name)
        try:
            np.savez(file, **{name: getattr(model, name) for name in _ARRAYS})
            file.close()
            part.chmod(0o644)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _read(path: Path) -> HandModel:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _ARRAYS}
        intact = content_name(arrays) == path.stem
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise _damaged(path) from error
    for array in arrays.values():
        array.flags.writeable = False
    model = HandModel(name=path.stem, parents=MANO_PARENTS, **arrays)
    if not intact or flaw(model):
        raise _damaged(path)
    return model


def _damaged(path: Path) -> UserError:
    return UserError(f"{path} is damaged: delete it and run `emo2 models add mano PATH` again")
