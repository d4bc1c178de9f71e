import numpy as np
import pytest

from annotators.hands.calibrate.corpus import CLIP_KINDS, corpus_clip, make_corpus
from annotators.hands.calibrate.fitting import BOUNDS
from annotators.hands.confidence import FEATURE_NAMES
from datasets.hand.layout import MEASURED


def test_neighbouring_seeds_cover_all_kinds():
    assert {CLIP_KINDS[seed % len(CLIP_KINDS)] for seed in range(9)} == set(CLIP_KINDS)
    kind, clip = corpus_clip(9)
    assert kind == "clean"
    assert not clip.touched.any()


@pytest.mark.slow
def test_clips_come_measured_in_the_order_of_their_seeds():
    told: list[tuple[int, int]] = []
    corpus = make_corpus([18, 9], workers=1, progress=lambda done, of: told.append((done, of)))
    assert corpus.seeds.tolist() == [18, 9]
    assert corpus.kinds.tolist() == ["clean", "clean"]
    assert corpus.features.shape == (2, 50, 2, len(FEATURE_NAMES))
    assert told == [(2, 2)]
    measured = corpus.state == MEASURED
    assert measured.mean() > 0.5
    assert np.isfinite(corpus.pose_error_m[measured]).all()
    assert np.median(corpus.image_error[measured]) < 0.12
    assert corpus.right(BOUNDS)[measured].mean() > 0.3
