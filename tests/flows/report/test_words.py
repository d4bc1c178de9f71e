from datasets.reasons import Reason
from flows.report.words import REASONS, words_for


def test_every_reason_is_explained_with_a_remedy():
    for reason in Reason:
        assert REASONS[reason].label
        assert REASONS[reason].meaning.endswith(".")
        assert REASONS[reason].remedy.endswith(".")


def test_labels_are_told_apart():
    assert len({words.label for words in REASONS.values()}) == len(REASONS)


def test_a_reason_of_a_later_release_speaks_for_itself():
    assert words_for("too_loud").label == "too_loud"
    assert words_for(None).label == "no reason given"
