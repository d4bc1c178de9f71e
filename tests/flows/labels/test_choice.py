import pytest

from datasets.errors import UserError
from datasets.style_labels import Told
from flows.labels.choice import plan_labels
from flows.labels.config import LabelConfig
from tests.flows.labels.labelled_lakes import OPERA, TALK, labelled_lake
from tests.flows.stale_lakes import append, clip_row


@pytest.fixture
def lake(tmp_path):
    return labelled_lake(tmp_path)


def plan(lake, style="gesture_dance", **choice):
    return plan_labels(lake, LabelConfig(lake=lake.uri, style=style, **choice))


def test_clips_are_chosen_by_id_and_by_video(lake):
    assert set(plan(lake, clips=("clip004",)).told) == {"clip004"}
    assert set(plan(lake, videos=(OPERA[:6],)).told) == {f"clip00{number}" for number in range(4)}
    assert len(plan(lake, clips=("clip005", "clip001"), videos=(OPERA,)).told) == 5


def test_clips_are_chosen_by_sql_that_cannot_reach_out_of_its_brackets(lake):
    chosen = plan(lake, where="clip_id = 'clip004' OR clip_id = 'clip000'")
    assert chosen.told == dict.fromkeys(["clip000", "clip004"], Told("gesture_dance", "person"))
    assert chosen.before == {"singing (source)": 1, "nothing": 1}


def test_a_person_who_says_what_the_source_said_is_written_down_too(lake):
    assert plan(lake, "singing", clips=("clip000",)).told == {"clip000": Told("singing", "person")}


def test_taking_back_concerns_nothing_but_what_a_person_said(lake):
    by_clip = {"style_told": "singing", "style_told_by": "source"}  # though the source's row says otherwise
    append(lake, clip_row(6, video_id=TALK, **by_clip))
    nothing_to_do = plan(lake, "clear", where="TRUE")
    assert (nothing_to_do.told, nothing_to_do.chosen, nothing_to_do.unchanged) == ({}, 7, 7)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"clips": ("clip004", "other")}, "no clip 'other' in .*; nearest: "),
        ({"clips": ("clip",)}, "6 clips of .* begin with 'clip'"),
        ({"videos": ("cc33" + "0" * 60,)}, "holds no clips of a video 'cc33"),
        ({"videos": ("aa",)}, "at least 6 digits"),
        ({"where": "stile = 'x'"}, "--where \"stile = 'x'\": the table clips has no column stile"),
        ({"where": "keep) OR (keep"}, "closes a bracket that it never opened"),
        ({"where": "clip_id = 'a"}, "--where"),
    ],
)
def test_what_the_lake_does_not_hold_is_told_in_one_sentence(lake, choice, sentence):
    with pytest.raises(UserError, match=sentence):
        plan(lake, **choice)
