"""A Hugging Face Hub on this machine's loopback interface: as much of it as a download asks for."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

_LARGE_BYTES = 1000  # larger files are kept as the Hub keeps large ones: by their SHA-256, elsewhere
_API = re.compile(r"/api/models/([^/]+/[^/]+)(?:/(revision|tree)/([^/?]+))?")
_RESOLVE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_STORE = re.compile(r"/store/([0-9a-f]{64})")


@dataclass
class HubRepo:
    """A repository with one commit, on branch main."""

    files: dict[str, bytes]
    commit: str = "c" * 40
    is_gated: bool = False


@dataclass
class Hub:
    """What is offered, what goes wrong, and what was asked for."""

    endpoint: str
    repos: dict[str, HubRepo] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)  # old name -> new one
    tokens: set[str] = field(default_factory=set)  # let into gated repositories
    broken: dict[str, bytes] = field(default_factory=dict)  # by path: what is sent instead
    cut_after: int | None = None  # bytes of a large file, then the line is cut and the store answers 503
    waits: threading.Event | None = None  # half of a large file is sent only after this
    store_was_told: set[str] = field(default_factory=set)  # tokens, which are none of its business
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, range

    @property
    def store(self) -> str:
        """Where large files are: under another name, as with the real one, so that no token is sent there."""
        return self.endpoint.replace("127.0.0.1", "localhost")

    def ranges(self) -> list[str]:
        """The ranges in which large files were asked for, "" for a whole one."""
        return [span for method, path, span in self.asked if method == "GET" and _STORE.match(path)]


@contextmanager
def model_hub() -> Iterator[Hub]:
    """A Hub without repositories."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.hub = Hub(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.hub  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


def git_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        return self.server.hub  # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None: ...

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        moved = next((name for name in self.hub.renamed if f"/{name}/" in f"{path}/"), None)
        if moved:
            self._send(307, b"", {"Location": self.path.replace(moved, self.hub.renamed[moved])})
        elif found := _API.fullmatch(path):
            self._describe(*found.groups())
        elif found := _RESOLVE.fullmatch(path):
            self._resolve(*found.groups())
        elif found := _STORE.fullmatch(path):
            self._send_large(found[1])
        else:
            self._refuse(404, "EntryNotFound")

    def _repo(self, name: str, revision: str | None) -> HubRepo | None:
        repo = self.hub.repos.get(name)
        if repo is None:
            self._refuse(401, "RepoNotFound")
        elif revision not in (None, "main", repo.commit):
            self._refuse(404, "RevisionNotFound")
            return None
        return repo

    def _describe(self, name: str, what: str | None, revision: str | None) -> None:
        repo = self._repo(name, revision)
        if repo is None:
            return
        if what == "tree":
            self._send_json(
                [{"type": "file", "path": path, **_metadata(content)} for path, content in repo.files.items()]
            )
            return
        files = [
            {"rfilename": path, "blobId": git_id(content), "size": len(content), "lfs": _large(content)}
            for path, content in repo.files.items()
        ]
        self._send_json({"id": name, "modelId": name, "sha": repo.commit, "gated": "auto", "siblings": files})

    def _resolve(self, name: str, revision: str, path: str) -> None:
        repo = self._repo(name, revision)
        if repo is None:
            return
        if repo.is_gated and self.headers.get("Authorization", "")[7:] not in self.hub.tokens:
            self._refuse(403 if "Authorization" in self.headers else 401, "GatedRepo")
            return
        if path not in repo.files:
            self._refuse(404, "EntryNotFound")
            return
        content, large = repo.files[path], _large(repo.files[path])
        headers = {"X-Repo-Commit": repo.commit, "ETag": f'"{large["sha256"] if large else git_id(content)}"'}
        if large:
            headers |= {"X-Linked-Etag": headers["ETag"], "X-Linked-Size": str(len(content))}
            self._send(302, b"", headers | {"Location": f"{self.hub.store}/store/{large['sha256']}"})
        else:
            self._send(200, self.hub.broken.get(path, content), headers)

    def _send_large(self, sha256: str) -> None:
        self.hub.store_was_told |= {self.headers["Authorization"]} - {None}
        every = [file for repo in self.hub.repos.values() for file in repo.files.items()]
        path, content = next(
            (path, content) for path, content in every if hashlib.sha256(content).hexdigest() == sha256
        )
        content = self.hub.broken.get(path, content)
        start = int(self.headers["Range"][6:].rstrip("-")) if "Range" in self.headers else 0
        if self.hub.cut_after == 0:
            self._refuse(503, "")
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        end = len(content)
        if self.hub.cut_after is not None:
            end, self.hub.cut_after = start + self.hub.cut_after, 0
        half = (start + end) // 2 if self.hub.waits else end
        self.wfile.write(content[start:half])
        self.wfile.flush()
        if self.hub.waits:
            self.hub.waits.wait(60)
            self.wfile.write(content[half:end])
        if end < len(content):
            self.close_connection = True

    def _send_json(self, content: Any) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"", {"X-Error-Code": code} if code else {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def _large(content: bytes) -> dict[str, Any] | None:
    if len(content) <= _LARGE_BYTES:
        return None
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}


def _metadata(content: bytes) -> dict[str, Any]:
    large = _large(content)
    named = {"oid": large["sha256"], "size": large["size"], "pointerSize": 134} if large else None
    return {"oid": git_id(content), "size": len(content)} | ({"lfs": named} if named else {})
