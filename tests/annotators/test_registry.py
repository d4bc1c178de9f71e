import pytest

from annotators.body import BodyAnnotator
from annotators.registry import annotator_class, annotator_classes, make_annotator, readers_of
from datasets.errors import UserError
from datasets.schema import SLOTS
from tests.flows.own_annotators import SpeechTwo

OWN = "tests.flows.own_annotators"


def test_an_annotator_is_found_by_its_slot():
    assert annotator_class("body") is BodyAnnotator


def test_one_of_your_own_is_found_by_its_place_and_made():
    assert annotator_class(f"{OWN}:SpeechTwo") is SpeechTwo
    assert make_annotator(f"{OWN}:SpeechTwo").version == "2"


def test_every_annotator_comes_after_those_it_reads():
    names = [kind.name for kind in annotator_classes()]
    for kind in annotator_classes():
        assert all(names.index(slot) < names.index(kind.name) for slot in kind.reads)


def test_every_annotator_fills_a_slot_of_its_own_with_the_columns_of_the_schema():
    names = [kind.name for kind in annotator_classes()]
    assert len(set(names)) == len(names)
    assert all(kind.schema == SLOTS[kind.name] for kind in annotator_classes())


def test_the_readers_of_the_body_are_all_that_look_at_the_person():
    assert [kind.name for kind in readers_of("body")] == ["hands", "motion", "face", "reference"]
    assert readers_of("fingerprint") == ()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "feet",
            "no annotator 'feet': give body, hands, motion, fingerprint, .*style, or package.module:Class",
        ),
        (
            "no_such_package:Hands",
            "no annotator no_such_package:Hands .*with the package's folder in PYTHONPATH",
        ),
        (f"{OWN}:Nobody", "has no attribute 'Nobody'"),
        (":Hands", "no annotator :Hands"),
        (f"{OWN}:NoSlot", "NoSlot is no annotator: its name is 'feet', which is no slot"),
        (f"{OWN}:OtherColumns", "its schema is not that of the slot speech"),
        (f"{OWN}:LOG", "is no annotator"),
    ],
)
def test_what_is_no_annotator_is_told_in_one_sentence(name, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        annotator_class(name)
    assert "\n" not in str(caught.value)
