"""Hands of the speaker: from what a backend finds to MANO parameters and how far to trust them.

annotator.py has the steps in order: backend.py, speaker.py (whose and which hand: arms.py, runs.py, sides.py,
chirality.py, crops.py), fit/, confidence.py, calibration.py, mask.py, columns.py. calibrate/ makes calibrations.
"""

from annotators.hands.annotator import HandsAnnotator, HandsParams

__all__ = ["HandsAnnotator", "HandsParams"]
