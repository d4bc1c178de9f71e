"""One door to every source: what is given decides how it is read."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path

from datasets.sources.avspeech import is_avspeech, read_avspeech
from datasets.sources.cells import csv_lines
from datasets.sources.folder import GLOB_CHARACTERS, files_by_glob, media_in_folder
from datasets.sources.manifest import read_manifest_csv, read_manifest_jsonl
from datasets.sources.mosei import is_mosei_header, read_segments_csv, read_transcripts
from datasets.sources.storage import is_object, list_media, local_path, read_object
from datasets.sources.video import SourceError, SourceSpan, SourceVideo

__all__ = ["SourceError", "SourceSpan", "SourceVideo", "open_source"]

_LIST_SUFFIXES = (".csv", ".jsonl", ".ndjson", ".txt")


def open_source(
    spec: str, *, dataset: str | None = None, downloads: Path | None = None, limit: int | None = None
) -> list[SourceVideo]:
    """The videos of a file, folder, glob, object-store URI, manifest or list of YouTube ids; `limit` at most.

    A folder or a prefix gives the media below it by suffix; a glob and a file are taken as they are. `.csv`
    and `.jsonl` are manifests, AVSpeech's or CMU-MOSEI's lists by their first line; `.txt`, or a folder of
    them without media, are CMU-MOSEI's. Lists of ids are resolved against `downloads`, the folder of the
    list unless given. `dataset` names the data set where the source itself does not. A listed file need not
    exist: the ingest accounts for it as missing. Raises SourceError with one sentence.
    """
    if limit is not None and limit < 1:
        raise SourceError(f"the limit is {limit}: give 1 or more, or leave it out for all videos")
    videos = _open(local_path(spec), dataset, downloads)
    return [replace(video, dataset=video.dataset or dataset) for video in islice(videos, limit)]


def _open(spec: str, dataset: str | None, downloads: Path | None) -> Iterable[SourceVideo]:
    if not spec.strip():
        raise SourceError("the source is empty: give a file, a folder, a glob, a list or an object-store URI")
    if spec.lower().endswith(_LIST_SUFFIXES) and not _has_glob(spec):
        return _open_list(spec, dataset, downloads)
    if is_object(spec):
        return [SourceVideo(uri) for uri in list_media(spec)]
    if Path(spec).is_dir():
        return _open_folder(Path(spec).absolute(), dataset, downloads)
    if _has_glob(spec):
        return [SourceVideo(str(path)) for path in files_by_glob(spec)]
    return [SourceVideo(str(_existing_file(spec)))]


def _open_folder(folder: Path, dataset: str | None, downloads: Path | None) -> list[SourceVideo]:
    try:
        return [SourceVideo(str(path)) for path in media_in_folder(folder)]
    except SourceError:
        transcripts = sorted(folder.glob("*.txt"))
        if not transcripts:
            raise
    files = ((str(path), _read_text(str(path))) for path in transcripts)
    return read_transcripts(files, downloads or folder, dataset)


def _open_list(spec: str, dataset: str | None, downloads: Path | None) -> list[SourceVideo]:
    text = _read_text(spec)
    if spec.lower().endswith((".jsonl", ".ndjson")):
        return read_manifest_jsonl(spec, text)
    if spec.lower().endswith(".txt"):
        return read_transcripts([(spec, text)], downloads or _folder_of(spec), dataset)
    return _open_csv(spec, text, dataset, downloads)


def _open_csv(spec: str, text: str, dataset: str | None, downloads: Path | None) -> list[SourceVideo]:
    _, first = next(csv_lines(spec, text), (None, None))
    if first is None:
        raise SourceError(f"{spec} is empty: a manifest begins with a header that names the column uri")
    if "uri" in [cell.lower() for cell in first]:
        return read_manifest_csv(spec, text)
    if is_mosei_header(first):
        return read_segments_csv(spec, text, downloads or _folder_of(spec), dataset)
    if is_avspeech(first):
        return read_avspeech(spec, text, downloads or _folder_of(spec), dataset)
    raise SourceError(
        f"{spec}, line 1: {', '.join(first)[:80]!r} begins no list known here; a manifest's header has the"
        " column uri, CMU-MOSEI's the column video_id, and AVSpeech's lines are YouTube id,start,end,x,y"
    )


def _read_text(spec: str) -> str:
    """The list's text without a byte order mark."""
    content = read_object(spec) if is_object(spec) else _existing_file(spec).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{spec}, line {line}: not UTF-8 text; save the list as UTF-8") from error


def _existing_file(spec: str) -> Path:
    path = Path(spec).absolute()
    if not path.exists():
        raise SourceError(f"no such file or folder: {spec}; check the path")
    if not path.is_file():
        raise SourceError(f"{spec} is neither a file nor a folder (a pipe or a device?): give a regular file")
    return path


def _folder_of(spec: str) -> Path:
    if is_object(spec):
        raise SourceError(f"{spec} lists YouTube ids: name the local folder of downloads beside it")
    return Path(spec).absolute().parent


def _has_glob(spec: str) -> bool:
    return bool(GLOB_CHARACTERS & set(spec)) and (is_object(spec) or not Path(spec).exists())
