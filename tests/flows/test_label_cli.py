"""`emo2 label`: whom it asks, what it prints, and how it refuses."""

import json

import pytest

from tests.flows.labels.labelled_lakes import OPERA, labelled_lake, told

PERSON = ("gesture_dance", "person")


@pytest.fixture
def lake(tmp_path):
    return labelled_lake(tmp_path)


@pytest.fixture
def label(emo2, lake):
    return lambda *arguments: emo2("label", "--lake", lake.uri, *arguments)


def test_clips_that_are_named_are_labelled_without_asking(label, lake):
    code, out, _ = label("--style", "gesture_dance", "--clip", "clip004", "--clip", "clip005")
    assert (code, out) == (0, "2 clips labelled gesture_dance\n")
    assert told(lake)[4:] == [PERSON, PERSON]


def test_a_video_is_labelled_and_the_label_taken_back(label, lake):
    before = told(lake)
    assert label("--style", "gesture_dance", "--video", OPERA[:8])[0] == 0
    assert told(lake)[:4] == 4 * [PERSON]
    code, out, _ = label("--clear", "--video", OPERA)
    assert (code, out) == (0, "4 clips taken back\n")
    assert told(lake) == before


def test_sql_shows_how_many_clips_change_and_needs_a_yes(label, lake):
    before = told(lake)
    code, out, err = label("--style", "speaking", "--where", "keep")
    assert code == 2
    assert out == "6 clips change: 2 say nothing, 4 say singing (source) now\n"
    assert err == "emo2: nobody is there to confirm: look at it with --dry-run, then add --yes\n"
    assert told(lake) == before
    code, out, _ = label("--style", "speaking", "--where", "keep", "--yes")
    assert (code, out) == (0, "6 clips labelled speaking\n")
    assert told(lake) == 6 * [("speaking", "person")]


def test_a_dry_run_shows_and_changes_nothing(label, lake):
    before = told(lake)
    code, out, _ = label("--style", "speaking", "--where", "style_told = 'singing'", "--dry-run")
    assert code == 0
    assert out.splitlines() == [
        "4 clips change: 4 say singing (source) now",
        "4 clips would be labelled speaking",
    ]
    assert told(lake) == before


def test_what_says_so_already_is_told(label):
    label("--style", "speaking", "--clip", "clip004")
    code, out, _ = label("--style", "speaking", "--clip", "clip004", "--clip", "clip005")
    assert (code, out) == (0, "1 clips labelled speaking; 1 of the 2 chosen have nothing to change\n")


def test_the_list_counts_told_and_guessed_styles(label):
    label("--style", "gesture_dance", "--clip", "clip000")
    code, out, _ = label("--list", "--json")
    assert code == 0
    assert json.loads(out) == {
        "by_person": {"gesture_dance": 1},
        "by_source": {"singing": 3},
        "guessed": {"speaking": 2},
        "unknown": 0,
    }
    assert "gesture_dance" in label("--list")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--style", "singing"], "give either --clip and --video, or --where"),
        (["--clip", "clip000"], "give either --style or --clear"),
        (["--style", "singing", "--clear", "--clip", "clip000"], "give either --style or --clear"),
        (["--style", "humming", "--clip", "clip000"], "--style 'humming': Input should be 'speaking', "),
        (["--style", "singing", "--clip", "nobody"], "no clip 'nobody' in"),
        (["--style", "singing", "--where", "keep = 'yes"], '--where "keep = \'yes": '),
    ],
)
def test_what_cannot_be_ends_in_one_sentence(label, lake, arguments, sentence):
    before = lake.versions()
    code, out, err = label(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("emo2: " + sentence)
    assert len(err.splitlines()) == 1
    assert lake.versions() == before


def test_a_lake_that_is_not_there_ends_in_one_sentence(emo2, tmp_path):
    code, _, err = emo2("label", "--lake", tmp_path / "no", "--style", "singing", "--clip", "c")
    assert (code, err.startswith("emo2: no lake at ")) == (2, True)
