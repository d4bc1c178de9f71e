"""Speaking, singing or gesture dance, by a rule over what other annotators heard and saw."""

from annotators.style.annotator import StyleAnnotator

__all__ = ["StyleAnnotator"]
