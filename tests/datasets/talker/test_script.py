import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from datasets.talker.script import write_script


@given(
    shots=st.integers(1, 8),
    spare=st.floats(0, 20),
    rate=st.sampled_from([10, 25, 30, 60]),
    seed=st.integers(0, 9),
)
def test_every_shot_is_long_enough_and_fades_stay_inside_their_shots(shots, spare, rate, seed):
    script = write_script(2 * shots + spare, shots, rate, np.random.default_rng(seed))
    lengths = np.diff([*script.shot_starts, script.n_frames])
    assert len(lengths) == shots
    assert lengths.min() >= 2 * rate - 1
    assert len(script.cut_frames) + len(script.fades) == shots - 1
    dimmed = script.brightness() < 1
    assert dimmed.sum() == sum(fade.end_frame - fade.start_frame for fade in script.fades)
    assert not dimmed[list(script.cut_frames)].any()


def test_three_shots_are_a_cut_and_a_fade():
    script = write_script(12, 3, 25, np.random.default_rng(0))
    assert script.cut_frames.tolist() == [script.shot_starts[1]]
    assert [fade.black_frame for fade in script.fades] == [script.shot_starts[2]]
    assert (script.brightness() == 0).sum() == 3


@given(seconds=st.floats(2, 40), seed=st.integers(0, 20))
def test_syllables_follow_each_other_inside_the_video(seconds, seed):
    script = write_script(seconds, 1, 25, np.random.default_rng(seed))
    starts = np.array([syllable.start_s for syllable in script.syllables])
    ends = starts + [syllable.length_s for syllable in script.syllables]
    assert (starts[1:] > ends[:-1]).all()
    assert ends[-1] < seconds
    assert len(script.beats_s) >= 1
    assert (np.diff(script.beats_s) > 0.5).all()
