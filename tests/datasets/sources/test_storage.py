from pathlib import Path

import pytest
from pyarrow import fs

from datasets.sources import local, storage
from datasets.sources.local import local_copy
from datasets.sources.source import SourceError, SourceVideo, open_source


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch) -> Path:
    """A folder that answers as s3://bucket."""
    folder = tmp_path / "store"
    (folder / "bucket").mkdir(parents=True)
    store = fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem())
    from_uri = fs.FileSystem.from_uri

    class Opened:
        @staticmethod
        def from_uri(uri: str):
            _, path = from_uri(uri.replace("s3://", "mock:///"))
            return store, path

    monkeypatch.setattr(storage.fs, "FileSystem", Opened)
    return folder / "bucket"


def put(bucket: Path, name: str, content: bytes = b"") -> None:
    (bucket / name).parent.mkdir(parents=True, exist_ok=True)
    (bucket / name).write_bytes(content)


def uris(spec: str) -> list[str]:
    return [video.uri for video in open_source(spec)]


def test_a_prefix_lists_its_media_sorted_with_addresses_quoted(bucket):
    for name in ["v/b.MP4", "v/a/my talk #1.mov", "v/notes.md", "v/.h/x.mp4", "w/c.mp4"]:
        put(bucket, name)
    assert uris("s3://bucket/v") == ["s3://bucket/v/a/my%20talk%20%231.mov", "s3://bucket/v/b.MP4"]
    assert uris("s3://bucket/v/") == uris("s3://bucket/v")


def test_an_object_is_taken_by_its_address_and_keeps_the_query(bucket):
    put(bucket, "v/any name")
    assert uris("s3://bucket/v/any name?region=eu-west-1") == ["s3://bucket/v/any%20name?region=eu-west-1"]


def test_a_glob_works_in_a_bucket(bucket):
    for name in ["v/a.mp4", "v/x/b.mp4", "v/x/c.mov"]:
        put(bucket, name)
    assert uris("s3://bucket/v/**/?.mp4") == ["s3://bucket/v/a.mp4", "s3://bucket/v/x/b.mp4"]


def test_a_manifest_in_a_bucket_starts_relative_addresses_there(bucket):
    put(bucket, "lists/list.csv", b"uri,speaker\na.mp4,ann\ns3://other/b.mp4,\n")
    assert open_source("s3://bucket/lists/list.csv") == [
        SourceVideo("s3://bucket/lists/a.mp4", speaker="ann"),
        SourceVideo("s3://other/b.mp4"),
    ]


@pytest.mark.parametrize("spec", ["s3://bucket/gone", "s3://bucket/gone.mp4", "s3://bucket/*.mp4"])
def test_an_address_without_media_is_named(bucket, spec):
    with pytest.raises(SourceError, match="no media at s3://bucket/") as caught:
        open_source(spec)
    assert spec in str(caught.value)


def test_a_list_of_ids_in_a_bucket_asks_for_the_downloads(bucket):
    put(bucket, "list.csv", b"x,1,2,0.5,0.5\n")
    with pytest.raises(SourceError, match="name the local folder of downloads"):
        open_source("s3://bucket/list.csv")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nosuch://bucket/a", "cannot open nosuch://bucket/a .*: give a path, s3://, gs:// or file://"),
        ("https://host/a.mp4", "https://host/a.mp4 is a web address: fetch it into a folder first"),
        ("s3:///a", "cannot open s3:///a"),
    ],
)
def test_an_address_that_cannot_be_opened_says_why(spec, message):
    with pytest.raises(SourceError, match=message):
        open_source(spec)


def test_credentials_in_an_address_are_refused_and_not_repeated():
    with pytest.raises(SourceError, match="holds credentials") as caught:
        open_source("s3://key:secret@bucket/a")
    assert "secret" not in str(caught.value)


def test_file_addresses_are_paths(tmp_path):
    put(tmp_path, "my talk.mp4")
    expected = [str(tmp_path / "my talk.mp4")]
    assert uris(f"file://{tmp_path}") == uris(f"file://{tmp_path}/my%20talk.mp4") == expected


def test_a_path_is_its_own_copy(tmp_path):
    assert local_copy(str(tmp_path / "-a.mp4"), tmp_path / "cache") == tmp_path / "-a.mp4"
    assert local_copy("file:///x/a%20b.mp4", tmp_path / "cache") == Path("/x/a b.mp4")
    assert not (tmp_path / "cache").exists()


def test_an_object_is_copied_once_and_anew_when_it_changes(bucket, tmp_path, monkeypatch):
    put(bucket, "a b.mp4", b"first")
    copy = local_copy("s3://bucket/a%20b.mp4", tmp_path / "cache")
    assert (copy.read_bytes(), copy.suffix) == (b"first", ".mp4")
    with monkeypatch.context() as patch:
        patch.setattr(local, "object_pieces", None)  # a second transfer would fail
        assert local_copy("s3://bucket/a%20b.mp4", tmp_path / "cache") == copy
    put(bucket, "a b.mp4", b"second")
    assert local_copy("s3://bucket/a%20b.mp4", tmp_path / "cache").read_bytes() == b"second"


def test_an_interrupted_copy_goes_on_where_it_stopped(bucket, tmp_path, monkeypatch):
    content = bytes(range(256)) * 40
    put(bucket, "a.mp4", content)
    monkeypatch.setattr(storage, "_PIECE_BYTES", 1000)
    pieces, asked = storage.object_pieces, []

    def breaking(uri: str, start_byte: int):
        asked.append(start_byte)
        for number, piece in enumerate(pieces(uri, start_byte)):
            if len(asked) == 1 and number == 3:
                raise OSError("connection lost")
            yield piece

    monkeypatch.setattr(local, "object_pieces", breaking)
    with pytest.raises(OSError, match="connection lost"):
        local_copy("s3://bucket/a.mp4", tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".part"]
    assert local_copy("s3://bucket/a.mp4", tmp_path / "cache").read_bytes() == content
    assert asked == [0, 3000]


def test_a_copy_of_the_wrong_size_is_refused_and_started_over(bucket, tmp_path, monkeypatch):
    put(bucket, "a.mp4", b"12345")
    with monkeypatch.context() as patch:
        patch.setattr(local, "object_pieces", lambda uri, start_byte: iter([b"1234567"]))
        with pytest.raises(OSError, match="gave 7 bytes of 5"):
            local_copy("s3://bucket/a.mp4", tmp_path / "cache")
    assert local_copy("s3://bucket/a.mp4", tmp_path / "cache").read_bytes() == b"12345"


def test_a_missing_object_is_a_missing_file(bucket, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"s3://bucket/gone\.mp4"):
        local_copy("s3://bucket/gone.mp4", tmp_path / "cache")
