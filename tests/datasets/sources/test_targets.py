import pytest

from datasets.sources.targets import read_targets
from datasets.sources.video import SourceError


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("http://a/1.mp4\n\n# later\nhttp://a/2.mp4\n", ["http://a/1.mp4", "http://a/2.mp4"]),
        ("dQw4w9WgXcQ,1.0,4.0,0.5,0.5\ndQw4w9WgXcQ,6.0,9.0,0.5,0.5\n", ["dQw4w9WgXcQ"]),
        ("title,video_id\nfirst,dQw4w9WgXcQ\n", ["dQw4w9WgXcQ"]),
    ],
    ids=["lines", "avspeech", "header"],
)
def test_each_target_of_a_list_is_read_once(tmp_path, text, targets):
    (tmp_path / "list.csv").write_text(text)
    assert read_targets(tmp_path / "list.csv") == targets


def test_an_empty_list_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "list.txt").write_text("\n# nothing yet\n")
    with pytest.raises(SourceError, match="names nothing to fetch: give one URL or YouTube id a line"):
        read_targets(tmp_path / "list.txt")


def test_a_missing_list_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"none\.txt cannot be read"):
        read_targets(tmp_path / "none.txt")
