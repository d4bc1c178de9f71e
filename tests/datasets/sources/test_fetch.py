import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from datasets.sources import fetch as fetching
from datasets.sources.fetch import Fetched, fetch
from datasets.sources.source import SourceError

CONTENT = bytes(range(256)) * 1000


@dataclass
class Server:
    """A loopback server of one mp4 that can drop the connection part way."""

    url: str = ""
    drop_after_bytes: int | None = None
    ranges: list[str | None] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    pytest.importorskip("yt_dlp", reason="the extra `fetch` is not installed")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.head(200, len(CONTENT))

        def do_GET(self) -> None:
            if not self.path.endswith(".mp4") or "gone" in self.path:
                self.send_error(404)
                return
            asked = self.headers.get("Range")
            state.ranges.append(asked)
            start = int(re.fullmatch(r"bytes=(\d+)-\d*", asked)[1]) if asked else 0
            self.head(206 if asked else 200, len(CONTENT) - start, start)
            end = len(CONTENT) if state.drop_after_bytes is None else state.drop_after_bytes
            self.wfile.write(CONTENT[start:end])

        def head(self, status: int, length: int, start: int = 0) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(length))
            self.send_header("Accept-Ranges", "bytes")
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield state
    http.shutdown()
    http.server_close()


def one(target: str, folder: Path, **options) -> Fetched:
    (result,) = fetch([target], folder, pause_s=0, retries=0, timeout_s=5, **options)
    return result


def test_a_url_is_fetched_once_and_then_present(server, tmp_path):
    result = one(f"{server.url}/my%20talk.mp4", tmp_path)
    assert (result.status, result.reason) == ("fetched", None)
    assert re.fullmatch(r"my_talk-[0-9a-f]{8}\.mp4", result.path.name)
    assert result.path.read_bytes() == CONTENT
    asked = len(server.ranges)
    again = one(f"{server.url}/my%20talk.mp4", tmp_path)
    assert (again.status, again.path, len(server.ranges)) == ("present", result.path, asked)


def test_an_interrupted_transfer_goes_on_where_it_stopped(server, tmp_path):
    server.drop_after_bytes = 100_000
    broken = one(f"{server.url}/a.mp4", tmp_path)
    assert (broken.status, broken.path) == ("failed", None)
    assert "100000 bytes read" in broken.reason
    (part,) = tmp_path.glob("*.part")
    held_bytes = part.stat().st_size
    assert 0 < held_bytes <= 100_000
    server.drop_after_bytes = None
    result = one(f"{server.url}/a.mp4", tmp_path)
    assert (result.status, result.path.read_bytes()) == ("fetched", CONTENT)
    assert f"bytes={held_bytes}-" in server.ranges
    assert not list(tmp_path.glob("*.part"))


def test_a_failure_is_a_result_and_the_others_go_on(server, tmp_path):
    targets = [f"{server.url}/gone.mp4", "not a url", f"{server.url}/a.mp4", "ftp://127.0.0.1/a.mp4"]
    gone, nonsense, good, ftp = fetch(targets, tmp_path, pause_s=0, retries=0)
    assert (gone.status, good.status) == ("failed", "fetched")
    assert "404" in gone.reason
    assert "\n" not in gone.reason
    assert nonsense.reason == ftp.reason == "neither an http(s) URL nor a YouTube id of 11 characters"


def test_two_urls_with_one_file_name_become_two_files(server, tmp_path):
    first, second = fetch([f"{server.url}/x/a.mp4", f"{server.url}/y/a.mp4"], tmp_path, pause_s=0)
    assert first.path != second.path


def test_the_rate_limit_holds(server, tmp_path):
    started_s = time.monotonic()
    assert one(f"{server.url}/a.mp4", tmp_path, rate_limit_bytes_s=250_000).status == "fetched"
    assert time.monotonic() - started_s > 0.7  # 256,000 bytes at 250,000 a second, less yt-dlp's first block


def test_transfers_are_parted_by_a_pause(server, tmp_path, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr(fetching.time, "sleep", pauses.append)
    targets = [f"{server.url}/{name}.mp4" for name in "abc"]
    assert [result.status for result in fetch(targets, tmp_path, pause_s=7.0)] == ["fetched"] * 3
    assert pauses.count(7.0) == 2


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("-abc_DEF123", "-abc_DEF123.mp4"),
        ("https://www.youtube.com/watch?v=-abc_DEF123&t=3", "-abc_DEF123.mkv"),
        ("https://youtu.be/-abc_DEF123", "-abc_DEF123.webm"),
    ],
)
def test_a_youtube_video_is_known_by_its_id_without_any_traffic(tmp_path, target, name):
    pytest.importorskip("yt_dlp", reason="the extra `fetch` is not installed")
    (tmp_path / name).touch()
    assert list(fetch([target], tmp_path)) == [Fetched(target, "present", tmp_path / name)]


def test_without_yt_dlp_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yt_dlp", None)
    with pytest.raises(SourceError, match=r"install it with `pip install 'emo2\[fetch\]'`"):
        fetch(["x"], tmp_path)
