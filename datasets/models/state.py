"""What `emo2 models list` tells of each model of the registry."""

from collections.abc import Iterator
from dataclasses import dataclass

from datasets.models.contents import content_hash
from datasets.models.entries import ModelEntry, known_models
from datasets.models.find import FoundModel, added_note, find_model
from datasets.models.lock import read_lock
from datasets.models.places import added_folder, cached_repo
from datasets.models.verify import damaged


@dataclass(frozen=True)
class ModelState:
    """One model, and whether it is here."""

    entry: ModelEntry
    found: FoundModel | None
    flaw: str | None = None  # what hashing its files again showed

    @property
    def get_command(self) -> str:
        return f"emo2 models get {self.entry.id}"


def model_states(*, verify: bool = False) -> Iterator[ModelState]:
    """All of the registry, in its order; `verify` reads every file that the lock or a note knows the content of.

    Raises UserError for a lock that cannot be understood.
    """
    locked = read_lock()
    for entry in known_models():
        flaw = None
        if verify and entry.repo in locked:
            record = locked[entry.repo]
            wrong = damaged(cached_repo(entry.repo) / "snapshots" / record.commit, record)
            flaw = f"damaged or missing: {', '.join(wrong)}" if wrong else None
        if verify and flaw is None:
            flaw = _added_flaw(entry)
        yield ModelState(entry, find_model(entry.id), flaw)


def _added_flaw(entry: ModelEntry) -> str | None:
    folder = added_folder(entry.id)
    content = added_note(folder).get("content")
    if content is None or content == content_hash(folder):
        return None
    return "changed since it was added"
