"""The order of annotators, with and without the environments that some of them want (flows.isolated.route)."""

import os
import sys

import pytest

from annotators.settings import ModelSettings
from flows.isolated.choice import place_of
from flows.isolated.route import environment_options, main_route, route_of
from tests.flows.isolated.stand_in import stand_in, with_annotators
from tests.flows.own_isolated import HeardSpeech, Speaker, SpeechElsewhere

NAMES = ("body", "speech", "speaker")


class OfSpeaker(Speaker):
    """Reads what reads an isolated one."""

    name = "style"
    reads = ("speaker",)


class SeenAfterwards(OfSpeaker):
    needs = "pictures"


class SeenElsewhere(SpeechElsewhere):
    needs = "pictures"


def slots(places) -> list[str]:
    return [place.slot for place in places]


def test_what_reads_an_isolated_slot_at_any_remove_comes_after_it(monkeypatch):
    stand_in(monkeypatch)
    with_annotators(monkeypatch, SpeechElsewhere, Speaker, OfSpeaker)
    route = route_of((*NAMES, "style"), ModelSettings())
    assert route.here == ("body",)
    assert (slots(route.isolated), slots(route.after)) == (["speech"], ["speaker", "style"])
    assert route.left_out == {}


def test_without_the_environment_the_others_run_at_once_and_the_slot_says_why_it_is_empty(monkeypatch):
    with_annotators(monkeypatch, SpeechElsewhere, Speaker)
    route = route_of(NAMES, ModelSettings())
    assert route.here == ("body", "speaker")
    assert (route.isolated, route.after) == ((), ())
    assert route.left_out == {"speech": "the environment speech is not built: run `emo2 env build speech`"}


def test_what_nobody_asked_for_is_on_no_route(monkeypatch):
    stand_in(monkeypatch)
    with_annotators(monkeypatch, SpeechElsewhere, Speaker)
    route = route_of(("body", "speaker"), ModelSettings())
    assert (route.here, route.isolated, route.after, route.left_out) == (("body", "speaker"), (), (), {})
    assert main_route(("body", "speech")).here == ("body",)


@pytest.mark.parametrize("own", [(SeenElsewhere,), (SpeechElsewhere, Speaker, SeenAfterwards)])
def test_pictures_are_sent_nowhere(monkeypatch, own):
    stand_in(monkeypatch)
    with_annotators(monkeypatch, *own)
    with pytest.raises(ValueError, match="needs pictures"):
        route_of((*NAMES, "style"), ModelSettings())


def test_a_class_of_ones_own_is_found_there_by_the_path_that_finds_it_here(monkeypatch):
    stand_in(monkeypatch)
    monkeypatch.setenv("PYTHONPATH", "/my/packages")
    options = environment_options(place_of(SpeechElsewhere, None))["runtime_env"]
    assert options["env_vars"]["PYTHONPATH"] == os.pathsep + "/my/packages"
    assert sys.executable in options["py_executable"]


def test_an_annotator_travels_as_a_name_and_settings():
    models = ModelSettings.model_validate({"speech": {"language": "de"}})
    place = place_of(SpeechElsewhere, models)
    assert ModelSettings.model_validate_json(place.models) == models
    assert place_of(Speaker, models).models is None  # takes no settings
    assert isinstance(place.load(), HeardSpeech)
