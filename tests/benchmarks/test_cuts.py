import numpy as np
import pytest

from benchmarks.cut_sources import rendered_sources
from benchmarks.cut_videos import Recipe, Transition, hard, splice, through
from benchmarks.cuts import OURS, Score, our_cuts, row_of, score, summed

CUT = Transition(100, 100)
FADE = Transition(200, 210)


@pytest.mark.parametrize("cut", [99, 100, 101, 199, 205, 211])
def test_a_cut_at_most_one_frame_off_is_found(cut):
    assert score({cut}, [CUT, FADE]) == Score(hits=1, misses=1, false=0)


@pytest.mark.parametrize("cut", [98, 102, 198, 212])
def test_a_cut_two_frames_off_is_false(cut):
    assert score({cut}, [CUT, FADE]) == Score(hits=0, misses=2, false=1)


def test_two_cuts_within_one_fade_count_once():
    assert score({201, 209}, [FADE]) == Score(hits=1, misses=0, false=0)


def test_no_cuts_and_no_transitions_are_a_perfect_score():
    assert score(set(), []).f1 == 1.0
    assert score(set(), [CUT]).f1 == 0.0
    assert score({5}, []).f1 == 0.0


def test_f1_comes_from_the_summed_counts():
    total = summed([{OURS: Score(3, 1, 0)}, {OURS: Score(1, 0, 2)}])[OURS]
    assert (total.precision, total.recall, total.f1) == (4 / 6, 4 / 5, 8 / 11)


def test_we_are_held_against_the_best_rival():
    row = row_of("x", {OURS: Score(8, 2, 0), "a": Score(9, 1, 0), "b": Score(1, 9, 0)}, held=True)
    assert (row.target, row.met) == (row.parts["a"], False)


@pytest.mark.parametrize("join", [hard, through(0)])
def test_a_spliced_video_is_cut_where_it_says(tmp_path, join):
    rng = np.random.default_rng(3)
    recipe = Recipe("spliced", 3, (50, 60), join)
    video = splice(recipe, rendered_sources(rng, 3, n_frames=70), tmp_path, rng)
    assert len(video.transitions) == 2
    assert score(our_cuts(video)[0], video.transitions) == Score(hits=2, misses=0, false=0)


def test_dropped_frames_move_the_truth_with_the_pictures(tmp_path):
    rng = np.random.default_rng(4)
    recipe = Recipe("dropped", 3, (50, 60), hard, drop=0.3)
    video = splice(recipe, rendered_sources(rng, 3, n_frames=70), tmp_path, rng)
    assert len(video.times_s) < 3 * 50
    assert score(our_cuts(video)[0], video.transitions).f1 == 1.0
