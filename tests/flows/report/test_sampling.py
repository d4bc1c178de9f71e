import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flows.report.sampling import choose_clips, spread_frames

STATES = st.lists(st.sampled_from(["kept", "filtered", "quarantined"]), max_size=60)


def test_half_are_kept_and_half_filtered():
    states = np.array(["kept"] * 50 + ["filtered"] * 50)
    chosen = choose_clips(states, [None] * 50 + ["blurred"] * 50, np.zeros(100), 10, seed=0)
    assert sum(i < 50 for i in chosen) == 5
    assert len(chosen) == 10


def test_half_of_the_kept_are_the_most_doubtful():
    doubts = np.linspace(0, 1, 1000)
    chosen = choose_clips(np.array(["kept"] * 1000), [None] * 1000, doubts, 20, seed=0)
    assert set(range(990, 1000)) <= set(chosen)
    assert sum(clip < 900 for clip in chosen) > 4


def test_every_reason_has_its_turn():
    states = np.array(["filtered"] * 101)
    chosen = choose_clips(states, ["blurred"] * 100 + ["no_person"], np.zeros(101), 4, seed=0)
    assert 100 in chosen


def test_the_same_seed_chooses_the_same_clips_and_another_seed_others():
    states = np.array(["kept"] * 1000)
    first, again, other = (
        choose_clips(states, [None] * 1000, np.zeros(1000), 20, seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@given(STATES, st.integers(0, 70))
def test_as_many_as_allowed_are_chosen_once_and_none_quarantined(states, limit):
    chosen = choose_clips(
        np.array(states, dtype=object), [None] * len(states), np.zeros(len(states)), limit, seed=0
    )
    drawable = sum(state != "quarantined" for state in states)
    assert len(chosen) == len(set(chosen)) == min(limit, drawable)
    assert all(states[i] != "quarantined" for i in chosen)


def test_frames_stand_in_the_middles_of_equal_parts():
    assert spread_frames(60, 6) == [5, 15, 25, 35, 45, 55]


def test_a_short_clip_gives_all_its_frames():
    assert spread_frames(3, 6) == [0, 1, 2]
    assert spread_frames(0, 6) == []
