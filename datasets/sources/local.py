"""A path on this machine for any video: its own, or a copy of the object in a cache folder."""

import fcntl
import hashlib
import os
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from datasets.sources.storage import is_object, local_path, object_facts, object_pieces


def local_copy(uri: str, cache: Path) -> Path:
    """Where the video's bytes lie: the path itself, or a whole copy of the object under `cache`.

    A copy appears under its name only when it is complete, and an interrupted one is continued by the next
    call. It is named after the object's address, size and time of change, so a changed object is copied
    anew; whoever owns the cache removes it. Raises FileNotFoundError where there is no such object; a path
    is not looked at.
    """
    if not is_object(uri):
        return Path(local_path(uri))
    facts = object_facts(uri)
    if facts is None:
        raise FileNotFoundError(f"no object at {uri}")
    copy = cache / _cache_name(uri, facts)
    if not copy.exists():
        _download(uri, copy, size_bytes=facts[0])
    return copy


def _download(uri: str, copy: Path, *, size_bytes: int) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    part = copy.with_name(f"{copy.name}.part")
    with part.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two workers may want one video
        if copy.exists():
            return
        for piece in object_pieces(uri, start_byte=file.seek(0, os.SEEK_END)):
            file.write(piece)
        file.flush()
        if (found_bytes := file.tell()) != size_bytes:
            file.truncate(0)  # what it holds cannot be trusted to continue from
            raise OSError(f"{uri} gave {found_bytes} bytes of {size_bytes}")
        os.replace(part, copy)


def _cache_name(uri: str, facts: tuple[int, int]) -> str:
    digest = hashlib.sha256(f"{uri}:{facts[0]}:{facts[1]}".encode()).hexdigest()[:24]
    return digest + PurePosixPath(unquote(urlsplit(uri).path)).suffix
