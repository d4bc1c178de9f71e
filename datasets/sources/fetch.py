"""Fetching videos by URL or YouTube id into a folder, with yt-dlp (the extra `fetch`).

Resumable: what is there is not fetched again, and an interrupted transfer goes on where it stopped.
"""

import hashlib
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from datasets.sources.folder import is_media_name
from datasets.sources.video import SourceError

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YOUTUBE_HOSTS = ("youtube.com", "www.youtube.com", "m.youtube.com")


@dataclass(frozen=True)
class Fetched:
    """What became of one target; `path` is None and `reason` a sentence where it failed."""

    target: str
    status: Literal["fetched", "present", "failed"]
    path: Path | None = None
    reason: str | None = None


def fetch(
    targets: Iterable[str],
    folder: Path,
    *,
    rate_limit_bytes_s: int = 2_000_000,
    pause_s: float = 2.0,
    retries: int = 3,
    timeout_s: float = 30.0,
) -> Iterator[Fetched]:
    """One result a target, in order: http(s) URLs, or bare YouTube ids as AVSpeech and CMU-MOSEI list them.

    A YouTube video is saved under its id, which is how the lists find it; any other URL under its file name
    and a hash of the URL. `rate_limit_bytes_s` bounds the transfer, `pause_s` parts one transfer from the
    next. A target that fails is a result with its reason, and the others go on. Raises SourceError where
    yt-dlp is not installed.
    """
    downloader = _downloader()
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "ratelimit": rate_limit_bytes_s,
        "retries": retries,
        "fragment_retries": retries,
        "socket_timeout": timeout_s,
    }
    return _results(downloader, options, targets, folder, pause_s)


def _results(
    downloader: Any, options: dict[str, Any], targets: Iterable[str], folder: Path, pause_s: float
) -> Iterator[Fetched]:
    transfers = 0
    for target in targets:
        if present := _media_of(folder, _stem(target)):
            yield Fetched(target, "present", present)
            continue
        if transfers:
            time.sleep(pause_s)
        transfers += 1
        yield _fetch_one(downloader, options, target, folder)


def _fetch_one(downloader: Any, options: dict[str, Any], target: str, folder: Path) -> Fetched:
    url = _url(target)
    if url is None:
        return Fetched(target, "failed", reason="neither an http(s) URL nor a YouTube id of 11 characters")
    stem = _stem(target)
    try:
        with downloader.YoutubeDL(options | _fixed_options(folder, stem)) as session:
            session.download([url])
    except (downloader.utils.YoutubeDLError, OSError) as error:
        return Fetched(target, "failed", reason=_sentence(error))
    path = _media_of(folder, stem)
    if path is None:
        return Fetched(target, "failed", reason="the transfer left no media file")
    return Fetched(target, "fetched", path)


def _fixed_options(folder: Path, stem: str) -> dict[str, Any]:
    return {
        "paths": {"home": str(folder)},
        "outtmpl": {"default": stem.replace("%", "%%") + ".%(ext)s"},
        # Picture and sound come apart above 360p, and only ffmpeg joins them.
        "format": "bestvideo*[height<=1080]+bestaudio/best" if shutil.which("ffmpeg") else "best",
        "noplaylist": True,
        "continuedl": True,
        "overwrites": False,
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "cachedir": False,
        "logger": _Silent(),
    }


class _Silent:
    """Takes yt-dlp's messages; what matters arrives as an exception."""

    def debug(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def error(self, message: str) -> None: ...


def _downloader() -> Any:
    try:
        import yt_dlp
    except ImportError as error:
        raise SourceError("fetching needs yt-dlp: install it with `pip install 'emo2[fetch]'`") from error
    return yt_dlp


def _url(target: str) -> str | None:
    if urlsplit(target).scheme in ("http", "https"):
        return target
    return f"https://www.youtube.com/watch?v={target}" if _YOUTUBE_ID.fullmatch(target) else None


def _stem(target: str) -> str:
    """The file name without suffix: known before any transfer, so what exists is found without one."""
    if _YOUTUBE_ID.fullmatch(target):
        return target
    parts = urlsplit(target)
    named = parse_qs(parts.query).get("v", [""])[0] if parts.hostname in _YOUTUBE_HOSTS else ""
    video = parts.path.strip("/") if parts.hostname == "youtu.be" else named
    if _YOUTUBE_ID.fullmatch(video):  # anything else could name a path outside the folder
        return video
    name = re.sub(r"[^\w.-]", "_", Path(unquote(parts.path)).stem)[:80] or "video"
    return f"{name}-{hashlib.sha256(target.encode()).hexdigest()[:8]}"


def _media_of(folder: Path, stem: str) -> Path | None:
    found = [path for path in folder.iterdir() if path.stem == stem and is_media_name(path.name)]
    return min(found, default=None)


def _sentence(error: Exception) -> str:
    """The message's first line that says something, without yt-dlp's colours and marks."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).removeprefix("ERROR: ")
    lines = [line.removeprefix("[download] ").strip() for line in plain.splitlines()]
    return next(filter(None, lines), type(error).__name__)
