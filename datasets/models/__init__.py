"""Models of others: a registry of ids, where they lie on this machine, and how they get there."""

from datasets.models.entries import ModelEntry, alignment_model, entry, known_models
from datasets.models.find import FoundModel, find_model, missing_sentence

__all__ = [
    "FoundModel",
    "ModelEntry",
    "alignment_model",
    "entry",
    "find_model",
    "known_models",
    "missing_sentence",
]
