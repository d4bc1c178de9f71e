"""The audio slot: hidden states of a speech model, loudness, pitch and onsets."""

from annotators.audio.annotator import AudioAnnotator

__all__ = ["AudioAnnotator"]
