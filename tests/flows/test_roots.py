"""What lies outside the configured roots is refused, however it is written (flows.roots)."""

from pathlib import Path
from typing import Any, get_args

import pytest

from annotators.settings import FaceParams, IsModel
from flows.ingest_config import HandOptions, IngestConfig
from flows.reannotation.config import ReannotateConfig
from flows.roots import (
    IsPlace,
    RootsError,
    is_marked,
    refuse_outside,
    refuse_outside_each,
    refuse_outside_roots,
    roots,
    shown,
)
from tests.flows.forms_of_flows import all_models


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    """A root beside a folder that is none, in which the worker is."""
    (tmp_path / "data").mkdir()
    (tmp_path / "private").mkdir()
    monkeypatch.setenv("EMO2_ROOTS", f"{tmp_path}/data:s3://bucket/lake")
    monkeypatch.chdir(tmp_path / "private")
    return tmp_path / "data"


def is_refused(place: object) -> bool:
    try:
        refuse_outside(str(place), "Lake (lake)")
    except RootsError:
        return True
    return False


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("/data", ("/data",)),
        ("/data:/more/lakes", ("/data", "/more/lakes")),
        ("s3://bucket/lake:/data", ("s3://bucket/lake", "/data")),
        ("/data:s3://bucket:gs://other/x", ("/data", "s3://bucket", "gs://other/x")),
        ("hdfs://name:8020/data:/b", ("hdfs://name:8020/data", "/b")),
        ("", ()),
        (" : ", (":",)),  # a mistake allows nothing, rather than everything
    ],
)
def test_roots_are_folders_and_addresses_with_a_colon_between(monkeypatch, variable, expected):
    monkeypatch.setenv("EMO2_ROOTS", variable)
    assert roots() == expected


def test_without_roots_every_place_may_be_used(monkeypatch):
    monkeypatch.delenv("EMO2_ROOTS", raising=False)
    for place in ("/etc", "~/lake", "../lake", "s3://bucket/a/../b", "/videos/*.mp4"):
        assert not is_refused(place)


def test_folders_in_a_root_may_be_used_whether_they_are_there_or_not(data):
    for place in (data, data / "lake", f"{data}/lake/", f"{data}/a/../lake", f"file://{data}/lake"):
        assert not is_refused(place)


@pytest.mark.parametrize(
    "place", ["{data}/../private", "{data}2", "{data}/../data2/lake", "/", "file://{data}/..", "~/lake", "."]
)
def test_a_path_that_leads_out_is_refused(data, place):
    assert is_refused(place.format(data=data))


def test_a_relative_path_starts_at_the_workers_folder(data, monkeypatch):
    assert is_refused("lake")
    assert not is_refused("../data/lake")
    monkeypatch.chdir(data)
    assert not is_refused("lake")
    assert is_refused("../private/lake")


def test_a_link_counts_as_what_it_leads_to(data):
    (data / "out").symlink_to(data.parent / "private")
    (data.parent / "private" / "in").symlink_to(data)
    assert is_refused(data / "out")
    assert is_refused(data / "out" / "not-there-yet")
    assert not is_refused(data.parent / "private" / "in" / "lake")


def test_a_root_may_be_a_link_itself(data, monkeypatch):
    link = data.parent / "link"
    link.symlink_to(data)
    monkeypatch.setenv("EMO2_ROOTS", str(link))
    assert not is_refused(link / "lake")
    assert not is_refused(data / "lake")


def test_links_in_a_circle_are_no_way_out(data):
    (data / "a").symlink_to(data / "b")
    (data / "b").symlink_to(data / "a")
    assert not is_refused(data / "a" / "lake")  # it cannot be opened either


@pytest.mark.parametrize(
    ("place", "refused"),
    [
        ("s3://bucket/lake", False),
        ("s3://bucket/lake/", False),
        ("s3://bucket/lake/a b/clip?.mp4", False),
        ("s3://bucket/lake/clip#1.mp4", False),
        ("s3://bucket/lake/videos/*.mp4", False),
        ("s3://bucket/lake2", True),
        ("s3://bucket/lak", True),
        ("s3://bucket", True),
        ("s3://bucket2/lake", True),
        ("S3://bucket/lake", False),
        ("gs://bucket/lake", True),
        ("s3://bucket/lake/../other", True),
        ("s3://bucket/lake/%2e%2e/other", True),
        ("s3://bucket/lake%2F..%2Fother", True),
        ("s3://bucket//lake/x", True),
        ("s3://bucket/lake/./x", True),
        ("s3://bucket/lake?endpoint_override=http://elsewhere", True),
        ("s3://bucket/lake#x", True),
        ("s3:///bucket/lake", True),
        (" s3://bucket/other", True),
        ("s3://[bucket/lake", True),
        ("FILE:///etc", True),
        ("http://127.0.0.1/lake", True),
    ],
)
def test_an_address_is_inside_by_whole_names(data, place, refused):
    assert is_refused(place) is refused


def test_another_endpoint_is_allowed_as_part_of_a_root(monkeypatch):
    monkeypatch.setenv("EMO2_ROOTS", "s3://bucket?endpoint_override=127.0.0.1:9000&scheme=http")
    assert not is_refused("s3://bucket/lake?endpoint_override=127.0.0.1:9000&scheme=http")
    assert is_refused("s3://bucket/lake")


def test_a_glob_is_judged_by_the_folder_it_begins_in(data):
    assert not is_refused(data / "*" / "clip?.mp4")
    assert is_refused(data.parent / "*" / "clip.mp4")
    assert is_refused(data / "*" / ".." / ".." / "private" / "*")


def test_the_videos_that_a_link_or_a_manifest_names_outside_are_refused(data):
    inside, outside = data / "a.mp4", data.parent / "private" / "b.mp4"
    outside.touch()
    (data / "b.mp4").symlink_to(outside)
    refuse_outside_each([str(inside), "s3://bucket/lake/c.mp4"], "A video of the source")
    for video in (outside, data / "b.mp4", "s3://elsewhere/d.mp4"):
        with pytest.raises(RootsError, match="A video of the source cannot be"):
            refuse_outside_each([str(inside), str(video)], "A video of the source")


def test_the_sentence_names_what_is_allowed_and_the_remedy(data):
    with pytest.raises(RootsError) as refused:
        refuse_outside("/etc", "Lake (lake)")
    assert str(refused.value) == (
        f"Lake (lake) cannot be '/etc': it lies outside of what runs may use ({data}, s3://bucket/lake);"
        " choose a place inside, or have it added to EMO2_ROOTS of the worker"
    )


SECRETS = [
    "s3://ann:geheim@bucket/lake",
    "s3://geheim@bucket/lake",
    "s3://ann:ge/heim@bucket/lake",
    "s3://ann:'geheim@bucket/lake",
    "s3://bucket/lake?X-Amz-Signature=geheim",
    "s3://bucket/lake?X-Amz-Credential=geheim&region=eu",
    "s3://bucket/lake?access_key=geheim",
    "https://store/lake?sv=1&sig=geheim",
    "gs://bucket/lake?token=geheim",
]


@pytest.mark.parametrize("place", SECRETS)
@pytest.mark.parametrize("allowed", ["", "/data", "s3://bucket/lake"])
def test_credentials_in_an_address_are_refused_and_never_repeated(monkeypatch, allowed, place):
    monkeypatch.setenv("EMO2_ROOTS", allowed)
    with pytest.raises(RootsError) as refused:
        refuse_outside(place, "Lake (lake)")
    assert "heim" not in str(refused.value)


@pytest.mark.parametrize("place", SECRETS)
def test_a_shown_value_has_no_credentials(place):
    assert "heim" not in shown(place)
    assert "heim" not in shown({"lake": place, "limit": 3})


def test_an_address_of_control_characters_is_refused(data):
    for place in (f"{data}/a\0b", "s3://buck\net/lake", f"{data}/a\tb"):
        assert is_refused(place)


def test_every_place_of_a_form_is_checked(data):
    good = {"source": f"{data}/videos", "lake": "s3://bucket/lake"}
    refuse_outside_roots(IngestConfig(**good))
    outside: dict[str, dict[str, Any]] = {
        "source": {"source": "/etc"},
        "lake": {"lake": "/etc"},
        "downloads": {"downloads": "/etc"},
        "report": {"report": "/etc/report.html"},
        "hands.calibration": {"hands": HandOptions(calibration=Path("/etc/passwd"))},
    }
    for name, change in outside.items():
        with pytest.raises(RootsError, match=rf"\({name}\) cannot be '/etc"):
            refuse_outside_roots(IngestConfig(**(good | change)))
    with pytest.raises(RootsError, match=r"\(hands.calibration\)"):
        refuse_outside_roots(
            ReannotateConfig(
                lake=good["lake"], annotator="hands", hands=outside["hands.calibration"]["hands"]
            )
        )


PLACES = {"lake", "source", "downloads", "report", "calibration"}
NO_PLACES = {
    "where",
    "name",
    "dataset",
    "model",
    "annotator",
    "ray_address",
    "comment",
    "training",
    "snapshot",
}
# Of a launched training, whose own form knows its places.
NO_PLACES |= {"deployment", "parameters", "compare_with"}
NO_PLACES |= {"language", "clips", "videos"}
MODELS = {"syncnet", "recognition", "alignment", "diarisation", "clip"}  # a place where it is a path


def test_every_text_of_every_form_is_known_to_be_a_place_or_not():
    for model in all_models():
        for name, field in model.model_fields.items():
            assert is_marked(field, IsPlace) == (name in PLACES), f"{model.__name__}.{name}"
            if is_marked(field, IsModel):
                assert name in MODELS | {"model"}, f"{model.__name__}.{name}"
            elif str in _leaves(field.annotation) or Path in _leaves(field.annotation):
                assert name in PLACES | NO_PLACES, f"{model.__name__}.{name}: may a run use any such place?"


@pytest.mark.parametrize("folder", ["{data}/../private/weights", "./weights", "~/weights"])
def test_a_model_that_is_a_folder_outside_is_refused(data, folder):
    with pytest.raises(RootsError, match="SyncNet"):
        refuse_outside_roots(FaceParams(syncnet=folder.format(data=data)))


@pytest.mark.parametrize("model", ["syncnet", "owner/name@1f3a", "{data}/weights"])
def test_a_model_by_its_id_or_repository_is_no_place(data, model):
    refuse_outside_roots(FaceParams(syncnet=model.format(data=data)))


def _leaves(annotation: Any) -> list[Any]:
    return [annotation, *(leaf for part in get_args(annotation) for leaf in _leaves(part))]
