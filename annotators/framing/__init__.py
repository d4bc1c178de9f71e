"""Who speaks in a scene, where to cut the half-body picture, and whether the scene is worth keeping."""

from annotators.framing.framer import Framer, FramerParams, Framing, Sample
from annotators.framing.people import FacePoint
from annotators.framing.thresholds import Thresholds, judge

__all__ = ["FacePoint", "Framer", "FramerParams", "Framing", "Sample", "Thresholds", "judge"]
