"""Media files in a folder or under a glob, in a stable order, each folder visited once."""

import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from datasets.sources.video import SourceError

# Names that a container of talking people's video goes by; lower case.
MEDIA_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".flv", ".wmv", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts"}
    | {".3gp", ".ogv", ".mxf", ".vob", ".asf"}
)
GLOB_CHARACTERS = frozenset("*?[")


def is_media_name(name: str) -> bool:
    """Whether a file of this name is taken out of a folder: by its suffix, and not where it is hidden."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in MEDIA_SUFFIXES


def media_in_folder(folder: Path) -> list[Path]:
    """Every media file below the folder, sorted; hidden files and other suffixes are left out.

    Raises SourceError where the folder holds no media, or a folder below it cannot be read.
    """
    files = [path for path in _walk(folder) if not _is_hidden(path, folder)]
    media = sorted(path for path in files if is_media_name(path.name))
    if not media:
        found = f"{len(files)} files, none of them" if files else "no file, and none"
        raise SourceError(
            f"no media in {folder}: it holds {found} with a suffix such as .mp4, .mov, .mkv or .webm"
        )
    return media


def files_by_glob(pattern: str) -> list[Path]:
    """Every file the pattern matches, whatever its suffix, sorted; `**` matches folders at any depth.

    Hidden names match only where the pattern writes the dot. Raises SourceError where nothing matches.
    """
    parts = Path(pattern).absolute().parts
    fixed = next(index for index, part in enumerate(parts) if GLOB_CHARACTERS & set(part))
    root, wanted = Path(*parts[:fixed]), parts[fixed:]
    depth = None if "**" in wanted else len(wanted)
    paths = _walk(root, depth) if root.is_dir() else ()
    found = [path for path in paths if parts_match(path.relative_to(root).parts, wanted)]
    if not found:
        raise SourceError(f"no file matches {pattern}: check the pattern, and quote it against the shell")
    return sorted(found)


def parts_match(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path's parts match a glob's; `**` stands for any number of folders."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        deeper = bool(parts) and not parts[0].startswith(".") and parts_match(parts[1:], pattern)
        return deeper or parts_match(parts, pattern[1:] or ["*"])
    if not parts or (parts[0].startswith(".") and not pattern[0].startswith(".")):
        return False
    return fnmatchcase(parts[0], pattern[0]) and parts_match(parts[1:], pattern[1:])


def _walk(root: Path, depth: int | None = None) -> Iterator[Path]:
    """Files below root, links followed but no folder entered twice; broken links are files."""
    seen = {_identity(root)}
    for folder, folders, files in os.walk(root, followlinks=True, onerror=_refuse_folder):
        here = Path(folder)
        level = len(here.relative_to(root).parts) + 1
        folders[:] = (
            [] if level == depth else [name for name in sorted(folders) if _is_new(here / name, seen)]
        )
        yield from (here / name for name in files if _is_file_or_broken_link(here / name))


def _is_new(folder: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether the folder was not entered before; it counts as entered from now on."""
    identity = _identity(folder)
    new = identity not in seen
    seen.add(identity)
    return new


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def _is_file_or_broken_link(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)  # a pipe or a device would never end
    except OSError:
        return True  # listed, so that the ingest reports it as missing


def _is_hidden(path: Path, below: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(below).parts)


def _refuse_folder(error: OSError) -> None:
    raise SourceError(f"cannot read the folder {error.filename} ({error.strerror}): check its permissions")
