import json

import pytest

from datasets.takedown.traces import GONE, Traces, checkpoints

CLIP = "0123456789abcdef0123456789abcdef"
TRACES = Traces(frozenset({"/films/a b.mp4", "s3://bucket/c.mp4"}), frozenset({CLIP}))


@pytest.mark.parametrize(
    "source",
    [
        "/films/a b.mp4",
        "a b.mp4",
        "./a b.mp4",
        "../films/a b.mp4",
        "~/a b.mp4",
        "file:///films/a%20b.mp4",
        "s3://bucket/c.mp4",
    ],
)
def test_a_single_file_is_known_however_it_was_typed(source):
    assert TRACES.removed(json.dumps({"source": source})) == json.dumps({"source": GONE})


@pytest.mark.parametrize("source", ["/films", "/films/*.mp4", "b.mp4", "/other/a b.mp4", "", "mp4"])
def test_a_folder_and_other_files_stay(source):
    text = json.dumps({"source": source})
    assert TRACES.removed(text) is text


def test_ids_and_addresses_within_text_are_cut_out():
    text = f"clip_id = '{CLIP}' OR uri = '/films/a b.mp4'"
    assert TRACES.removed(text) == f"clip_id = '{GONE}' OR uri = '{GONE}'"
    assert TRACES.removed(CLIP + "0") == CLIP + "0"  # another id


def test_nested_values_and_names_are_looked_into():
    text = json.dumps({CLIP: [{"deep": [CLIP, 1, None]}]})
    assert json.loads(TRACES.removed(text) or "") == {GONE: [{"deep": [GONE, 1, None]}]}


def test_nothing_stays_nothing():
    assert TRACES.removed(None) is None
    assert TRACES.removed("") == ""


def test_checkpoints_are_found_wherever_a_run_put_them():
    texts = ['{"checkpoint": "/a", "steps": 3}', '{"stage2": {"checkpoints": ["/b", "/a"]}}', None]
    assert checkpoints(texts) == ["/a", "/b"]
    assert checkpoints(['{"folder": "/checkpoint"}', "{}"]) == []
