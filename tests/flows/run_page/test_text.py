"""What came from outside stays what it is in markdown: no HTML, no table of its own, no credentials."""

import pytest

from flows.run_page.text import last_name, link, plain, without_credentials


def test_markup_is_shown_and_not_read():
    assert plain("<b>|a|</b> *x* `y` [z](u)\nnext") == (r"&lt;b&gt;\|a\|&lt;/b&gt; \*x\* \`y\` \[z\](u) next")
    assert plain(None) == ""


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://ann:pw@host/a.mp4?sig=1#x", "https://host/a.mp4"),
        ("s3://key:secret@bucket/a@b.mp4", "s3://bucket/a@b.mp4"),
        ("/raw/what?.mp4", "/raw/what?.mp4"),
    ],
)
def test_credentials_are_left_out_of_addresses_and_paths_stay(uri, expected):
    assert without_credentials(uri) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/raw/a b(1).mp4", "/raw/a b(1).mp4 ([open](<file:///raw/a%20b%281%29.mp4>))"),
        ("https://ann:pw@host/a.mp4?sig=1", "https://host/a.mp4 ([open](<https://host/a.mp4>))"),
        ("https://host/a>b.mp4", "https://host/a&gt;b.mp4 ([open](<https://host/a%3Eb.mp4>))"),
        ("s3://bucket/a_b.mp4", r"s3://bucket/a\_b.mp4"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        (None, "-"),
    ],
)
def test_files_and_web_addresses_get_a_link_and_others_are_text(uri, expected):
    assert link(uri) == expected


def test_the_last_name_of_a_folder_a_glob_and_a_bucket():
    assert [last_name(uri) for uri in ("/raw/talks/", "a/*.mp4", "s3://bucket", ".", "")] == [
        "talks",
        "*.mp4",
        "bucket",
        "",
        "",
    ]
