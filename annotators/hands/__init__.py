"""Hands of the speaker: detection, sides, MANO parameters."""

from annotators.hands.annotator import HandsAnnotator, HandsParams

__all__ = ["HandsAnnotator", "HandsParams"]
