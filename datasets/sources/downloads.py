"""Videos of a list of YouTube ids, found by name in a folder of downloads."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from datasets.sources.folder import is_media_name
from datasets.sources.video import SourceError, SourceSpan, SourceVideo


def videos_by_id(
    spans: Mapping[str, Iterable[SourceSpan]], downloads: Path, dataset: str | None
) -> list[SourceVideo]:
    """One video an id, at the file whose name is the id: `ID.mp4`, or `any title [ID].mp4` as yt-dlp writes.

    An id without a file stays in the list with the path it should have, `ID.mp4`, so that the ingest
    accounts for it as missing. Raises SourceError where `downloads` is no folder.
    """
    files = _files_by_id(downloads)
    return [
        SourceVideo(
            uri=str(files.get(video, downloads.absolute() / f"{video}.mp4")),
            dataset=dataset,
            spans=tuple(sorted(set(stretches), key=lambda each: (each.start_s, each.end_s))),
            metadata={"youtube_id": video},
        )
        for video, stretches in spans.items()
    ]


def _files_by_id(downloads: Path) -> dict[str, Path]:
    if not downloads.is_dir():
        raise SourceError(f"no folder of downloads at {downloads}: fetch the list's videos into it first")
    paths = (Path(folder, name) for folder, _, names in os.walk(downloads.absolute()) for name in names)
    media = sorted((path for path in paths if is_media_name(path.name)), reverse=True)
    return {_id(path.stem): path for path in media}  # of two files of one id the first by name stays


def _id(stem: str) -> str:
    return stem[stem.rindex("[") + 1 : -1] if stem.endswith("]") and "[" in stem else stem
