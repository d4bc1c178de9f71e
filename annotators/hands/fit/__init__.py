"""MANO parameters of both hands over a clip from 21 landmarks a frame: `fit_clip`.

Read clip.py for what goes in and comes out, optimise.py for the method, kinematics.py, normal.py and
banded.py for its kernels.
"""

from annotators.hands.fit.clip import ClipFit, FittedHand, HandObservations
from annotators.hands.fit.fit import fit_clip
from annotators.hands.fit.settings import FitSettings

__all__ = ["ClipFit", "FitSettings", "FittedHand", "HandObservations", "fit_clip"]
