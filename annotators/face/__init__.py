"""The face of the person in the picture: lips, eyelids, where it is, and whether the lips fit the sound."""

from annotators.face.annotator import FaceAnnotator

__all__ = ["FaceAnnotator"]
