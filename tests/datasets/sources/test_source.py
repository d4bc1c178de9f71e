import csv
import io
import json
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.sources.source import SourceError, SourceSpan, SourceVideo, open_source


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def names(videos: list[SourceVideo], below: Path) -> list[str]:
    return [str(Path(video.uri).relative_to(below)) for video in videos]


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    (folder / name).write_bytes(text.encode(encoding))
    return str(folder / name)


def test_a_file_is_taken_whatever_its_suffix(tmp_path):
    touch(tmp_path, "-talk: 1.xyz")
    (video,) = open_source(str(tmp_path / "-talk: 1.xyz"), dataset="mine")
    assert video == SourceVideo(uri=str(tmp_path / "-talk: 1.xyz"), dataset="mine")


def test_a_relative_path_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "-a.mp4")
    assert open_source("-a.mp4")[0].uri == open_source(".")[0].uri == str(tmp_path / "-a.mp4")


def test_a_folder_gives_its_media_sorted_and_leaves_hidden_and_other_files(tmp_path):
    touch(tmp_path, "b.MP4", "a/c.webm", "notes.md", ".hidden.mp4", ".cache/d.mp4", "a/.e.mov", "z.mkv")
    assert names(open_source(str(tmp_path)), tmp_path) == ["a/c.webm", "b.MP4", "z.mkv"]
    assert names(open_source(str(tmp_path), limit=2), tmp_path) == ["a/c.webm", "b.MP4"]


def test_links_are_followed_once_and_a_broken_one_is_listed(tmp_path):
    touch(tmp_path, "v/a/x.mp4", "elsewhere/y.mp4")
    (tmp_path / "v/a/loop").symlink_to(tmp_path / "v")
    (tmp_path / "v/far").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "v/far-again").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "v/gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    assert names(open_source(str(tmp_path / "v")), tmp_path / "v") == ["a/x.mp4", "far/y.mp4", "gone.mp4"]


def test_a_pipe_in_a_folder_is_left_out_and_alone_is_refused(tmp_path):
    touch(tmp_path, "a.mp4")
    os.mkfifo(tmp_path / "b.mp4")
    assert names(open_source(str(tmp_path)), tmp_path) == ["a.mp4"]
    with pytest.raises(SourceError, match=r"b\.mp4 is neither a file nor a folder"):
        open_source(str(tmp_path / "b.mp4"))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.mp4", ["a.mp4"]),
        ("**/*.mp4", ["a.mp4", "x/b.mp4", "x/y/c.mp4"]),
        ("x/**", ["x/b.mp4", "x/y/c.mp4", "x/y/notes.md"]),
        ("?/[b-c].mp4", ["x/b.mp4"]),
        ("*/*/*", ["x/y/c.mp4", "x/y/notes.md"]),
        (".*/*", [".h/d.mp4"]),
    ],
)
def test_a_glob_takes_what_it_matches(tmp_path, pattern, expected):
    touch(tmp_path, "a.mp4", "x/b.mp4", "x/y/c.mp4", "x/y/notes.md", ".h/d.mp4")
    (tmp_path / "x/y/loop").symlink_to(tmp_path / "x")
    assert names(open_source(str(tmp_path / pattern)), tmp_path) == expected


def test_a_name_with_glob_characters_that_exists_is_a_path(tmp_path):
    touch(tmp_path, "talk [1].mp4", "talk 1.mp4")
    assert names(open_source(str(tmp_path / "talk [1].mp4")), tmp_path) == ["talk [1].mp4"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gone.mp4", r"no such file or folder: .*gone\.mp4"),
        ("gone.csv", r"no such file or folder: .*gone\.csv"),
        ("empty", r"no media in .*empty: it holds no file"),
        ("notes", r"no media in .*notes: it holds 2 files, none of them with a suffix such as \.mp4"),
        ("*.mp4", r"no file matches .*\*\.mp4"),
        ("gone/*.mp4", r"no file matches .*gone/\*\.mp4"),
    ],
)
def test_a_source_that_gives_nothing_says_why(tmp_path, spec, message):
    (tmp_path / "empty").mkdir()
    touch(tmp_path / "notes", "a.md", "b.srt")
    with pytest.raises(SourceError, match=message) as caught:
        open_source(str(tmp_path / spec))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(limit):
    with pytest.raises(SourceError, match=f"the limit is {limit}: give 1 or more"):
        open_source(".", limit=limit)


def test_an_empty_source_is_refused():
    with pytest.raises(SourceError, match="the source is empty"):
        open_source(" ")


MANIFEST = """uri,start,end,Dataset,speaker,style,license,topic
a.mp4,1.5,4,news,ann,calm,CC BY,hats
sub/b.mp4,,,,,,,
a.mp4,0,1,news,,,,cats
/abs/c.mp4,,,,,,,
s3://bucket/d.mp4,,,,,,,
"""


@pytest.mark.parametrize(
    "text", [MANIFEST, MANIFEST.replace("\n", "\r\n"), "\ufeff" + MANIFEST, MANIFEST + "\n,,,\n"]
)
def test_a_csv_manifest_joins_the_lines_of_one_uri(tmp_path, text):
    a, b, c, d = open_source(write(tmp_path, "list.csv", text), dataset="mine")
    assert a == SourceVideo(
        uri=str(tmp_path / "a.mp4"),
        dataset="news",
        spans=(SourceSpan(0.0, 1.0), SourceSpan(1.5, 4.0)),
        speaker="ann",
        style="calm",
        licence="CC BY",
        metadata={"topic": ["hats", "cats"]},
    )
    assert b == SourceVideo(uri=str(tmp_path / "sub/b.mp4"), dataset="mine")
    assert (c.uri, d.uri) == ("/abs/c.mp4", "s3://bucket/d.mp4")


def test_a_jsonl_manifest_keeps_nested_metadata_and_the_face(tmp_path):
    lines = [
        {"uri": "a.mp4", "start": 1, "end": "2.5", "face_x": 0.25, "face_y": 1, "tags": ["x", {"y": 1}]},
        {"uri": "file:///abs/my%20b.mp4", "speaker": None, "text": "a\u2028b"},
    ]
    text = "\ufeff" + "\r\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n"
    a, b = open_source(write(tmp_path, "list.jsonl", text))
    assert a.spans == (SourceSpan(1.0, 2.5, 0.25, 1.0),)
    assert a.metadata == {"tags": ["x", {"y": 1}]}
    assert b == SourceVideo(uri="/abs/my b.mp4", metadata={"text": "a\u2028b"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "list.csv is empty: a manifest begins with a header"),
        ("uri,start\n", "list.csv lists no video"),
        ("path,start\na.mp4,1\n", "line 1: 'path, start' begins no list known here"),
        ("uri,start,end\na.mp4,3,2\n", "line 2: end 2 is not after start 3"),
        ("uri,start,end\na.mp4,2,2\n", "line 2: end 2 is not after start 2"),
        ("uri,start,end\n\na.mp4,-1,2\n", "line 3: start is '-1'; give seconds"),
        ("uri,start,end\na.mp4,0:10,2\n", "line 2: start is '0:10'; give seconds"),
        ("uri,start,end\na.mp4,0,nan\n", "line 2: end is 'nan'"),
        ("uri,start,end\na.mp4,0,\n", "line 2: start and end come together"),
        ("uri,start,end,face_x,face_y\na.mp4,0,1,0.5,1.2\n", "line 2: y is '1.2'; give a fraction"),
        ("uri,start,end,face_x,face_y\na.mp4,0,1,0.5,\n", "line 2: face_x and face_y come together"),
        ("uri,face_x,face_y\na.mp4,0.5,0.5\n", "line 2: a face belongs to a span"),
        ("uri,start\na.mp4,1,2\n", "line 2: 3 cells under a header of 2"),
        ("uri,start,start\na.mp4,1,2\n", "line 1: the column 'start' has no name or stands twice"),
        ('uri,style\na.mp4,"calm\nb.mp4,x\n', "not CSV"),
        ("uri,style\n,calm\n", "line 2: no uri"),
        ("uri,start,end\na.mp4,0,1\na.mp4,,\n", r"line 3: .*a\.mp4 stands here as a whole"),
        (
            "uri,speaker\na.mp4,ann\na.mp4,bob\n",
            r"line 3: speaker of .*a\.mp4 is 'bob' here and 'ann' on line 2",
        ),
    ],
)
def test_a_bad_csv_manifest_is_one_sentence_with_its_line(tmp_path, text, message):
    with pytest.raises(SourceError, match=message) as caught:
        open_source(write(tmp_path, "list.csv", text))
    assert "\n" not in str(caught.value)
    assert "list.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"uri": "a.mp4"}\n{"uri": \n', r"line 2: not JSON \("),
        ("[1]\n", "line 1: a JSON list, not an object"),
        ('{"uri": 3}\n', "line 1: no uri"),
        ('{"uri": "a.mp4", "start": true, "end": 2}\n', "line 1: start is True"),
        ('{"uri": "a.mp4", "speaker": 7}\n', "line 1: speaker is 7; give text in double quotes"),
        ('{"uri": "a.mp4", "start": 1e999, "end": 2}\n', "line 1: start is inf"),
        ("\n", "lists no video"),
    ],
)
def test_a_bad_jsonl_manifest_is_one_sentence_with_its_line(tmp_path, text, message):
    with pytest.raises(SourceError, match=message):
        open_source(write(tmp_path, "list.jsonl", text))


def test_a_list_that_is_not_utf8_names_the_line(tmp_path):
    with pytest.raises(SourceError, match=r"list\.csv, line 2: not UTF-8 text"):
        open_source(write(tmp_path, "list.csv", "uri\nä.mp4\n", encoding="latin-1"))


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
TIMES = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(
    lambda t: (t[0] / 1000, (t[0] + t[1]) / 1000)
)


@st.composite
def videos(draw) -> list[SourceVideo]:
    uris = draw(
        st.lists(
            WORDS.map(lambda word: f"/v/{word.replace('/', '_')}.mp4"), min_size=1, unique=True, max_size=5
        )
    )
    return [
        SourceVideo(
            uri,
            dataset=draw(st.none() | WORDS),
            spans=tuple(
                SourceSpan(*times) for times in sorted(draw(st.lists(TIMES, max_size=3, unique=True)))
            ),
            speaker=draw(st.none() | WORDS),
            style=draw(st.none() | WORDS),
            licence=draw(st.none() | WORDS),
            metadata=draw(st.dictionaries(st.just("topic"), WORDS)),
        )
        for uri in uris
    ]


def manifest_rows(listed: list[SourceVideo]) -> list[dict]:
    return [
        {
            "uri": video.uri,
            "start": span and span.start_s,
            "end": span and span.end_s,
            "dataset": video.dataset,
            "speaker": video.speaker,
            "style": video.style,
            "licence": video.licence,
            "topic": video.metadata.get("topic"),
        }
        for video in listed
        for span in (video.spans or (None,))
    ]


@settings(max_examples=50, deadline=None)
@given(listed=videos())
def test_a_manifest_of_either_kind_gives_back_the_videos_it_was_written_from(tmp_path_factory, listed):
    folder = tmp_path_factory.mktemp("manifest")
    rows = manifest_rows(listed)
    table = io.StringIO()
    writer = csv.DictWriter(table, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    assert open_source(write(folder, "list.csv", table.getvalue())) == listed
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    assert open_source(write(folder, "list.jsonl", lines)) == listed


def test_avspeech_is_found_by_id_in_the_downloads_and_missing_ones_stay(tmp_path):
    touch(tmp_path, "dl/-id_1.mkv", "dl/part/A talk [id-2].mp4", "dl/id-2.txt")
    text = "-id_1,60.0,65.5,0.25,0.75\nid-2,1,2,0,1\n-id_1,3,4,0.5,0.5\ngone,1,2,0.1,0.2\n"
    first, second, gone = open_source(write(tmp_path, "avspeech.csv", text), downloads=tmp_path / "dl")
    assert first == SourceVideo(
        uri=str(tmp_path / "dl/-id_1.mkv"),
        dataset="avspeech",
        spans=(SourceSpan(3.0, 4.0, 0.5, 0.5), SourceSpan(60.0, 65.5, 0.25, 0.75)),
        metadata={"youtube_id": "-id_1"},
    )
    assert second.uri == str(tmp_path / "dl/part/A talk [id-2].mp4")
    assert gone.uri == str(tmp_path / "dl/gone.mp4")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x,3,2,0.5,0.5", "line 2: end 2 is not after start 3"),
        ("x,1,2,0.5,1.5", "line 2: y is '1.5'; give a fraction of the picture"),
        ("x,1,2,0.5", "line 2: 4 cells; a line of AVSpeech is YouTube id,start,end,x,y"),
        (",1,2,0.5,0.5", "line 2: 5 cells; a line of AVSpeech"),
    ],
)
def test_a_bad_line_of_avspeech_is_named(tmp_path, line, message):
    with pytest.raises(SourceError, match=message):
        open_source(write(tmp_path, "avspeech.csv", f"ok,1,2,0.5,0.5\n{line}\n"))


def test_a_missing_folder_of_downloads_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"no folder of downloads at .*nowhere: fetch"):
        open_source(write(tmp_path, "avspeech.csv", "x,1,2,0.5,0.5\n"), downloads=tmp_path / "nowhere")


def test_mosei_transcripts_give_spans_and_ids_that_end_in_underscores(tmp_path):
    touch(tmp_path, "dl/-3g5y___.mp4")
    (tmp_path / "text").mkdir()
    write(
        tmp_path / "text",
        "-3g5y___.txt",
        "-3g5y______1___9.5___12___so___then\r\n-3g5y______0___0.1___9.5___Hi\n",
    )
    write(tmp_path / "text", "other.txt", "other___0___1___2___Hello\n")
    first, other = open_source(str(tmp_path / "text"), downloads=tmp_path / "dl")
    assert first == SourceVideo(
        uri=str(tmp_path / "dl/-3g5y___.mp4"),
        dataset="cmu-mosei",
        spans=(SourceSpan(0.1, 9.5), SourceSpan(9.5, 12.0)),
        metadata={"youtube_id": "-3g5y___"},
    )
    assert (other.uri, other.spans) == (str(tmp_path / "dl/other.mp4"), (SourceSpan(1.0, 2.0),))


def test_mosei_ids_alone_give_whole_videos_beside_the_list(tmp_path):
    touch(tmp_path, "one.mp4")
    one, two = open_source(write(tmp_path, "ids.txt", "one\r\ntwo\r\n"), dataset="mosei-test")
    assert (one.uri, one.spans, one.dataset) == (str(tmp_path / "one.mp4"), (), "mosei-test")
    assert two.uri == str(tmp_path / "two.mp4")


def test_mosei_segments_in_a_csv_are_read_by_their_columns(tmp_path):
    text = "video_id,clip,start_time,end_time,sentiment\na,0,1,2,0.5\na,1,2,3.5,1\nb,0,,,\n"
    a, b = open_source(write(tmp_path, "segments.csv", text))
    assert (a.spans, b.spans) == ((SourceSpan(1.0, 2.0), SourceSpan(2.0, 3.5)), ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a video\n", "line 1: neither a video id nor id___segment___start___end___text"),
        ("a___0___2___1___no\n", "line 1: end 1 is not after start 2"),
        ("a___0___x___1___no\n", "line 1: start is 'x'"),
        ("\n", "list no segment"),
    ],
)
def test_a_bad_line_of_mosei_is_named(tmp_path, text, message):
    with pytest.raises(SourceError, match=message):
        open_source(write(tmp_path, "ids.txt", text))


def test_a_socket_named_like_media_is_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "a.mp4")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.mp4")
        assert names(open_source("."), tmp_path) == ["a.mp4"]
