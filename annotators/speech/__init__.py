"""The speech slot: where there is a voice, what it says, word by word, and who speaks."""

from annotators.speech.annotator import SpeechAnnotator

__all__ = ["SpeechAnnotator"]
