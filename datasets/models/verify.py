"""Whether files are what the Hub, the registry or a lock say they are."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from datasets.models.hub import HubFile
from datasets.models.lock import LockedFile, LockedModel

_CHUNK_BYTES = 2**20


def sha256_of(path: Path) -> str:
    """Hex digits of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_id_of(path: Path) -> str:
    """The name git gives to a file's content, by which the Hub knows small files."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def flaw(path: Path, offered: HubFile, known: Mapping[str, str], sha256: str) -> str | None:
    """What is wrong with a downloaded file, whose hash is `sha256`; None where it is as it should be.

    `known` are hashes by path, from the registry or a lock.
    """
    if offered.sha256 and sha256 != offered.sha256:
        return f"its SHA-256 is {sha256[:12]}..., the Hub says {offered.sha256[:12]}..."
    if not offered.sha256 and offered.git_id and git_id_of(path) != offered.git_id:
        return "its content is not what the Hub says"
    expected = known.get(offered.path)
    if expected and sha256 != expected:
        return f"its SHA-256 is {sha256[:12]}..., {expected[:12]}... is expected"
    return None


def damaged(folder: Path, locked: LockedModel) -> list[str]:
    """The files of a locked model that `folder` lacks, or has with another content."""
    return [name for name, file in locked.files.items() if not _is_same(folder / name, file)]


def _is_same(path: Path, file: LockedFile) -> bool:
    try:
        return path.stat().st_size == file.size_bytes and sha256_of(path) == file.sha256
    except OSError:
        return False
