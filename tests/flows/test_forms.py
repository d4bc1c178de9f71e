"""What a form sends becomes a configuration, or one sentence that a data engineer can act on (flows.forms)."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from flows.forms import FormError, checked
from flows.ingest_config import AnnotatorName, IngestConfig
from flows.quarantine_config import RetryConfig
from flows.reannotation.config import ReannotateConfig
from flows.roots import RootsError
from flows.snapshots.config import SnapshotConfig
from flows.upkeep.maintain_config import MaintainConfig

ANNOTATORS = "choose body, hands, motion, fingerprint, face, audio, reference, speech, speaker or style"

GOOD = {"source": "/videos", "lake": "/lake"}


def refusal(form: type[BaseModel], given: object) -> str:
    with pytest.raises(FormError) as refused:
        checked(form, given)
    return str(refused.value)


def test_the_fields_of_a_form_become_the_configuration():
    made = checked(IngestConfig, {**GOOD, "limit": 3, "hands": {"backend": "wilor"}})
    assert (made.source, made.limit, made.hands.backend) == ("/videos", 3, "wilor")


def test_a_configuration_is_left_as_it_is():
    config = IngestConfig(**GOOD)
    assert checked(IngestConfig, config) is config


REFUSED = {
    "Limit (videos) (limit) cannot be 0: give a whole number of at least 1, or None": {"limit": 0},
    "Shard (videos) (videos_per_shard) cannot be 2.5: give a whole number from 1 to 1000": {
        "videos_per_shard": 2.5
    },
    "Commit at least every (s) (commit_every_s) cannot be None: give a number from 1 to 3600": {
        "commit_every_s": None
    },
    "Backend (hands.backend) cannot be 'kinect': choose mediapipe, wilor or hamer": {
        "hands": {"backend": "kinect"}
    },
    "Second backend (hands.second_backend) cannot be 'kinect': choose mediapipe, wilor or hamer, or None": {
        "hands": {"second_backend": "kinect"}
    },
    "People, at most (thresholds.max_people) cannot be 0.5: give a number from 1 to 20": {
        "thresholds": {"max_people": 0.5}
    },
    "Deadline per clip frame annotated (s) (limits.deadline_s_per_frame) cannot be 0: "
    "give a number above 0 and of at most 60": {"limits": {"deadline_s_per_frame": 0}},
    "GPUs (resources.hands.gpus) cannot be 'many': give a number from 0 to 16": {
        "resources": {"hands": {"gpus": "many"}}
    },
    "Hands (hands) cannot be 7: give its fields, model, backend, second_backend and calibration": {
        "hands": 7
    },
    f"Annotators (annotators.1) cannot be 'feet': {ANNOTATORS}": {"annotators": ["body", "feet"]},
    f"Annotators (annotators) cannot be 'body': give a list; for each, {ANNOTATORS}": {"annotators": "body"},
    "Annotators (annotators) cannot be ['motion']: "
    "motion needs body and hands too: add them, or leave motion out": {"annotators": ["motion"]},
    "Report (report) cannot be 5: give text (HTML file; None: report.html in a local lake), or None": {
        "report": 5
    },
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_refusal_names_the_field_its_value_and_what_is_possible(sentence):
    assert refusal(IngestConfig, GOOD | REFUSED[sentence]) == sentence


@pytest.mark.parametrize("given", [{"lake": "/lake"}, {"lake": "/lake", "source": ""}])
def test_what_must_be_chosen_is_asked_for(given):
    sentence = refusal(IngestConfig, given)
    assert sentence.startswith("Source (source) is not set: give text (a video, folder, glob, manifest")


@pytest.mark.parametrize("empty", ["", "  "])
def test_a_lake_that_a_schedule_leaves_empty_is_asked_for(empty):
    assert refusal(MaintainConfig, {"lake": empty}).startswith("Lake (lake) is not set: give text (folder or")


def test_an_unknown_field_is_answered_with_the_nearest_known_one():
    assert refusal(IngestConfig, GOOD | {"limits_": 3}) == (
        "Ingest has no field limits_ (given as 3): did you mean limits"
    )
    assert refusal(IngestConfig, GOOD | {"hands": {"hand_modle": "x"}}).startswith(
        "Hands has no field hand_modle (given as 'x'): it has model, backend"
    )


@pytest.mark.parametrize("given", [None, 3, "lake", ["lake"], [["lake", "/l"]]])
def test_what_is_no_set_of_fields_is_answered_with_the_fields(given):
    sentence = refusal(MaintainConfig, given)
    assert sentence.startswith("Maintain cannot be ")
    assert sentence.endswith("give its fields, lake, keep_days, max_gb, remove_orphans and dry_run")


def test_an_annotator_is_one_of_ours_or_names_a_class():
    lake = {"lake": "/lake"}
    assert checked(ReannotateConfig, lake | {"annotator": "hands"}).annotator == "hands"
    assert checked(ReannotateConfig, lake | {"annotator": "my.hands:Better"}).annotator == "my.hands:Better"
    assert refusal(ReannotateConfig, lake | {"annotator": "foot"}) == (
        "Annotator (annotator) cannot be 'foot':"
        f" give {', '.join(get_args(AnnotatorName))}, or package.module:Class for one of your own"
    )


def test_a_name_that_cannot_be_a_tag_is_refused_with_what_can():
    sentence = refusal(SnapshotConfig, {"lake": "/lake", "name": "my talks"})
    assert sentence.startswith("Name (name) cannot be 'my talks'")
    assert "as in talks-2026.2" in sentence


def test_a_long_value_is_cut_and_a_password_is_never_repeated():
    assert len(refusal(IngestConfig, GOOD | {"limit": "9" * 100_000})) < 400
    sentence = refusal(IngestConfig, GOOD | {"sauce": "s3://ann:geheim@bucket/videos"})
    assert "geheim" not in sentence
    assert "did you mean source" in sentence


def test_a_refusal_has_no_cause_that_a_log_would_print():
    with pytest.raises(FormError) as refused:
        checked(IngestConfig, GOOD | {"limit": "s3://ann:geheim@bucket"})
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_a_place_outside_the_roots_is_refused(monkeypatch):
    monkeypatch.setenv("EMO2_ROOTS", "/data")
    with pytest.raises(RootsError, match=r"^Lake \(lake\) cannot be '/lake'"):
        checked(MaintainConfig, {"lake": "/lake"})


FORMS = [IngestConfig, ReannotateConfig, SnapshotConfig, RetryConfig, MaintainConfig]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def _garbage(draw: st.DrawFn, form: type[BaseModel]) -> Any:
    """JSON that is often near to what the form takes."""
    names = st.sampled_from(sorted(form.model_fields)) | st.text(max_size=3)
    near = st.sampled_from(["/lake", "s3://bucket/lake", "body", "hands", 1, 0.5, True, [], {}, ["body"]])
    fields = st.dictionaries(names, near | _json, max_size=4)
    base = draw(st.sampled_from([{}, {"lake": "/lake"}, GOOD, {"lake": "/lake", "name": "a"}]))
    return draw(_json | fields.map(lambda chosen: base | chosen))


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_any_json_becomes_a_configuration_or_one_sentence(form: type[BaseModel], data: st.DataObject):
    sentence = _refusal_or_none(form, data.draw(_garbage(form)))
    assert sentence is None or ("\n" not in sentence and len(sentence) < 700)


def _refusal_or_none(form: type[BaseModel], given: object) -> str | None:
    try:
        assert isinstance(checked(form, given), form)
    except (FormError, RootsError) as refused:
        return str(refused)
    return None
