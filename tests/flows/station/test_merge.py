from flows.station.merge import MISSING, merged


def test_what_nobody_edited_becomes_what_is_declared_now():
    assert merged(declared_before="0 2 * * *", edited="0 2 * * *", declared="0 3 * * *") == "0 3 * * *"


def test_an_edit_stays_whatever_is_declared_now():
    assert merged(declared_before="0 2 * * *", edited="0 5 * * *", declared="0 3 * * *") == "0 5 * * *"


def test_the_keys_of_mappings_are_taken_one_by_one():
    before = {"config": {"lake": "/a", "limit": 5}}
    edited = {"config": {"lake": "/a", "limit": 9}}
    declared = {"config": {"lake": "/b", "limit": 5}}
    expected = {"config": {"lake": "/b", "limit": 9}}
    assert merged(declared_before=before, edited=edited, declared=declared) == expected


def test_what_a_person_added_stays_and_what_one_removed_stays_away():
    before = {"nightly": "on", "weekly": "on"}
    edited = {"weekly": "on", "mine": "on"}
    declared = {"nightly": "on", "weekly": "on", "monthly": "on"}
    expected = {"weekly": "on", "mine": "on", "monthly": "on"}
    assert merged(declared_before=before, edited=edited, declared=declared) == expected


def test_what_is_declared_no_more_goes_unless_it_was_edited():
    edited = {"kept": "edited", "gone": "as declared"}
    before = {"kept": "as declared", "gone": "as declared"}
    assert merged(declared_before=before, edited=edited, declared={}) == {"kept": "edited"}


def test_null_is_a_value():
    assert merged(declared_before=MISSING, edited=None, declared=5) is None
