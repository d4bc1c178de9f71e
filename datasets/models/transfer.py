"""Large files into the cache, going on where an earlier attempt stopped.

huggingface_hub 2.4 goes on within one call only: what a stopped program had is deleted. So large files are put in
their place here, as blobs named by their hash, where `snapshot_download` finds them.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from datasets.errors import UserError
from datasets.models.hub import HubFile, endpoint
from datasets.models.places import cached_repo
from datasets.models.verify import sha256_of

_ATTEMPTS = 5  # in a row that bring nothing


def blob(repo: str, file: HubFile) -> Path:
    """Where the cache keeps a large file."""
    assert file.sha256 is not None
    return cached_repo(repo) / "blobs" / file.sha256


def missing_bytes(repo: str, files: list[HubFile]) -> int:
    """What is still to come of large files, what earlier attempts left counted as there."""
    return sum(
        max(file.size_bytes - _size(_part(blob(repo, file))), 0)
        for file in files
        if not blob(repo, file).exists()
    )


def bring(repo: str, commit: str, file: HubFile) -> None:
    """Download a large file, unless the cache has it. Stopped, it leaves what came for the next attempt.

    Raises UserError where what came is not what the Hub says, and then leaves nothing.
    """
    target = blob(repo, file)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with _opened(_part(target)) as part:
        if target.exists():  # another program brought it while this one waited
            return
        _fill(part, repo, commit, file)
        part.flush()
        found = sha256_of(_part(target))
        if found != file.sha256:
            _part(target).unlink()
            raise UserError(
                f"{file.path} of {repo} came with SHA-256 {found[:12]}... instead of {target.name[:12]}... and was "
                "removed: get it again"
            )
        _part(target).replace(target)


def _fill(part: BinaryIO, repo: str, commit: str, file: HubFile) -> None:
    import httpx2
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repo, file.path, revision=commit, endpoint=endpoint())
    left = _ATTEMPTS
    while True:
        had = part.seek(0, 2)
        if had > file.size_bytes:  # not this file's
            had = part.truncate(0)
            part.seek(0)
        try:
            http_get(
                url,
                part,
                resume_size=had,
                headers=build_hf_headers(),
                expected_size=file.size_bytes,
                displayed_filename=file.path,
                tqdm_class=progress_class(quiet=not sys.stderr.isatty()),
            )
            return
        except httpx2.NetworkError:  # other losses of a connection are dealt with by http_get
            left = _ATTEMPTS if part.seek(0, 2) > had else left - 1
            if not left:
                raise


def progress_class(*, quiet: bool) -> Any:
    """huggingface_hub's progress bar, or one that shows nothing."""
    from huggingface_hub.utils import tqdm

    class Quiet(tqdm):  # type: ignore[misc, type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **(options | {"disable": True}))

    return Quiet if quiet else tqdm


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A file to add to, for this program alone; waits while another has it."""
    while True:
        with path.open("a+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if not _is_at(held, path):  # moved into its place by another, meanwhile
                continue
            try:
                with path.open("r+b") as file:
                    yield file
            finally:
                if _size(path) == 0:
                    path.unlink(missing_ok=True)
            return


def _is_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _part(target: Path) -> Path:
    return target.with_name(f"{target.name}.emo2.incomplete")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
