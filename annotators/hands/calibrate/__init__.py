"""Makes a calibration: corrupted rendered talkers through the annotators, and a fit of who was right.

corpus.py measures, fitting.py fits, scores.py tells how good a confidence is.
"""

from annotators.hands.calibrate.corpus import Corpus, held_out_seeds, make_corpus, training_seeds
from annotators.hands.calibrate.fitting import BOUNDS, fit_calibration

__all__ = ["BOUNDS", "Corpus", "fit_calibration", "held_out_seeds", "make_corpus", "training_seeds"]
