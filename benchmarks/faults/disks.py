"""A disk of its own for a lake: small, and read-only when told. Needs the right to mount."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class NotAllowed(Exception):
    """This machine lets nobody mount: run the suite as root, or in `unshare --user --map-root-user --mount`."""


@dataclass(frozen=True)
class Disk:
    """A mounted tmpfs."""

    folder: Path

    def resize(self, size_bytes: int) -> None:
        """The disk has so much room from now on."""
        _mount("-o", f"remount,size={size_bytes}", str(self.folder))

    def read_only(self) -> None:
        """Whoever opens a file from now on cannot write it. Raises NotAllowed.

        The disk is bound over itself: a remount is refused while any file is open for writing.
        """
        _mount("--bind", str(self.folder), str(self.folder))
        _mount("-o", "remount,bind,ro", str(self.folder))

    def writable(self) -> None:
        """Undoes `read_only`."""
        _unmount(self.folder)


@contextmanager
def disk(folder: Path, size_bytes: int) -> Iterator[Disk]:
    """Mounts it at `folder`, which is made; everything on it is gone afterwards. Raises NotAllowed."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size_bytes}", "none", str(folder))
    try:
        yield Disk(folder)
    finally:
        _unmount(folder)


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*options: str) -> None:
    try:
        done = subprocess.run(["mount", *options], capture_output=True, text=True)
    except FileNotFoundError:
        raise NotAllowed("there is no program `mount`") from None
    if done.returncode:
        raise NotAllowed(done.stderr.strip())
