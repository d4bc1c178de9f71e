"""What runs are called, whatever was sent as their parameters."""

from datetime import date

import pytest

from flows.ingest_config import IngestConfig
from flows.run_page.names import dataset_or_source, given, run_name, slot_or_class

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"dataset": "avspeech", "source": "/raw/x.csv"}, "avspeech"),
        ({"dataset": None, "source": "/raw/talks/"}, "talks"),
        ({"source": "s3://bucket/a/talks.csv"}, "talks.csv"),
        ({"source": "https://ann:secret@host/clips/x.mp4?token=secret"}, "x.mp4"),
        ({"source": "s3://ann:secret@bucket"}, "bucket"),
        ({"source": 7, "dataset": ["a"]}, ""),
        ({}, ""),
        (None, ""),
        ("text", ""),
        ([1], ""),
        (IngestConfig(source="/raw/talks", lake="/lake"), "talks"),
    ],
)
def test_an_ingest_is_called_after_its_dataset_else_its_source_without_secrets(config, expected):
    assert dataset_or_source(config) == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"annotator": "hands"}, "hands"),
        ({"annotator": "my.module:Better"}, "Better"),
        ({"annotator": 1}, ""),
    ],
)
def test_a_re_annotation_is_called_after_its_slot_or_class(config, expected):
    assert slot_or_class(config) == expected


def test_the_parts_that_are_there_make_the_name():
    assert run_name("ingest", "avspeech", DAY) == "ingest-avspeech-2026-11-22"
    assert run_name("maintain", "", DAY) == "maintain-2026-11-22"
    assert run_name("snapshot", given({"name": "talks-1"}, "name"), None) == "snapshot-talks-1"


def test_odd_characters_and_endless_names_are_cut():
    assert run_name("ingest", "a b/*.mp4 <i>", DAY) == "ingest-a-b-.mp4-i-2026-11-22"
    assert len(run_name("ingest", "x" * 500, DAY)) < 90
