"""The still that stands for a clip: which frame it is, the picture, and CLIP's embedding of it."""

from annotators.reference.annotator import ReferenceAnnotator

__all__ = ["ReferenceAnnotator"]
