"""How stretches, words and turns go together."""

from hypothesis import given
from hypothesis import strategies as st

from annotators.speech.parts import (
    Piece,
    Segment,
    Stretch,
    Turn,
    Word,
    covered_s,
    named,
    segments_of,
    spoken_by,
    words_of,
)

TWO = Piece((Stretch(1.0, 2.0), Stretch(4.0, 5.0)))


def test_time_that_two_stretches_share_counts_once():
    assert covered_s([Stretch(0.0, 2.0), Stretch(1.0, 3.0), Stretch(5.0, 6.0)]) == 4.0
    assert covered_s([Stretch(0.0, 5.0), Stretch(1.0, 2.0)]) == 5.0
    assert covered_s([]) == 0.0


def test_a_word_stands_in_the_stretch_nearest_to_its_middle():
    words = [Word("so", 1.1, 1.3), Word("then", 1.9, 2.4), Word("we", 3.6, 4.2), Word("go", 4.8, 5.2)]
    assert segments_of([TWO], ["so then we go"], [words], "en") == [
        Segment(1.0, 2.0, "so then"),
        Segment(4.0, 5.0, "we go"),
    ]


def test_a_word_without_times_stays_with_the_word_before_it():
    words = [Word("so", 1.1, 1.3), Word("—"), Word("go", 4.1, 4.4), Word("!")]
    assert [each.text for each in segments_of([TWO], ["so — go !"], [words], "en")] == ["so —", "go !"]


def test_a_stretch_in_which_no_word_was_found_says_nothing():
    assert [each.text for each in segments_of([TWO], ["so"], [[Word("so", 1.1, 1.3)]], "en")] == ["so", ""]


def test_without_times_a_piece_is_told_apart_no_further():
    whole = [Segment(1.0, 5.0, "so then we go")]
    assert segments_of([TWO], [" so then we go "], None, "en") == whole
    assert segments_of([TWO], [" so then we go "], [words_of("so then we go", "en")], "en") == whole


def test_languages_without_spaces_are_taken_letter_by_letter():
    assert [word.word for word in words_of("你 好", "zh")] == ["你", "好"]
    words = [Word("你", 1.1, 1.3), Word("好", 1.4, 1.6)]
    assert segments_of([TWO], ["你好"], [words], "zh")[0].text == "你好"


def test_speakers_are_named_by_who_speaks_first():
    turns = [Turn("SPEAKER_00", 3.0, 4.0), Turn("SPEAKER_07", 0.5, 2.0), Turn("SPEAKER_00", 1.0, 1.5)]
    assert named(turns) == [Turn("A", 0.5, 2.0), Turn("B", 1.0, 1.5), Turn("B", 3.0, 4.0)]


def test_there_are_names_for_more_speakers_than_letters():
    names = [turn.speaker for turn in named([Turn(f"{at:03}", float(at), at + 1.0) for at in range(54)])]
    assert names[:2] + names[25:28] + names[52:] == ["A", "B", "Z", "AA", "AB", "BA", "BB"]


_TURNS = st.lists(
    st.builds(Turn, st.sampled_from("xyz"), st.integers(0, 9).map(float), st.integers(10, 20).map(float))
)


@given(_TURNS, st.randoms())
def test_names_depend_neither_on_the_order_of_turns_nor_on_what_speakers_were_called(turns, chance):
    shuffled = list(turns)
    chance.shuffle(shuffled)
    assert named(shuffled) == named(turns)
    assert named(named(turns)) == named(turns)


def test_a_word_is_spoken_by_whoever_speaks_for_most_of_it():
    turns = [Turn("A", 0.0, 1.0), Turn("B", 0.9, 3.0), Turn("A", 1.9, 2.0)]
    words = [Word("well", 0.5, 1.2), Word("no", 1.5, 2.0), Word("more", 4.0, 5.0), Word("?")]
    assert [word.speaker for word in spoken_by(words, turns)] == ["A", "B", None, None]
