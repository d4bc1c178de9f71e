"""Is the person in the picture the one who is heard?"""

from annotators.speaker.annotator import SpeakerAnnotator, SpeakerParams

__all__ = ["SpeakerAnnotator", "SpeakerParams"]
