"""The registry: every model an annotator knows by a short id, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from datasets.errors import UserError


@dataclass(frozen=True)
class ModelEntry:
    """One model.

    A pattern of `files` is a glob of paths within the repository, "*" crossing folders; "a|b" asks for b only where
    nothing fits a. All of them must be there before the model counts as there; those of `optional` come along
    where the repository has them.
    """

    id: str
    repo: str  # "owner/name" on the Hugging Face Hub
    revision: str | None  # commit; None: that of the first `emo2 models get`, see lock.py
    files: tuple[str, ...]
    licence: str  # as the repository's page states it, or "see page" where we could not read it
    size_bytes: int | None  # of the files, None where not known
    needed_by: tuple[str, ...]  # slots
    purpose: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)  # by path, of the files whose hash is known
    language: str | None = None  # of an alignment model
    gated: bool = False  # its terms must be accepted on its page, with an account
    optional: tuple[str, ...] = ()


def known_models() -> tuple[ModelEntry, ...]:
    """All of them, in the order of `emo2 models list`."""
    from datasets.models.table import MODELS  # its rows are entries

    return MODELS


def entry(model_id: str) -> ModelEntry:
    """The one of that id. Raises UserError, with the ids there are."""
    for known in known_models():
        if known.id == model_id:
            return known
    ids = ", ".join(known.id for known in known_models())
    raise UserError(f"no model {model_id} is known: choose one of {ids}")


def alignment_model(language: str) -> str | None:
    """The id of the model that aligns words of a language such as "en"; None where the registry has none."""
    return next((known.id for known in known_models() if known.language == language), None)
