"""The lake's motion buckets: one small JSON file for each clips version and choice of windows.

A file lies in the lake's folder `buckets`, is reached through Lance with the lake's own storage options, and never
changes: the same version and choice give the same file.
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from lance.file import LanceFileSession
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datasets.identity import params_hash
from datasets.lake import Lake, LakeError
from datasets.motion.buckets import BUCKETS, WINDOW_FRAMES, Buckets

_FOLDER = "buckets"
_LANCE_ERRORS = (OSError, RuntimeError, ValueError)  # which of them depends on the store and the call


class BucketChoice(BaseModel):
    """Which windows are put into how many buckets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_frames: int = Field(WINDOW_FRAMES, title="Window (frames)", ge=2, le=WINDOW_FRAMES)
    stride_frames: int | None = Field(
        None, title="Stride (frames)", description="From window to window; by default half a window", ge=1
    )
    count: int = Field(BUCKETS, title="Buckets", ge=2, le=64)

    @property
    def step_frames(self) -> int:
        return self.stride_frames or max(self.window_frames // 2, 1)

    @property
    def name(self) -> str:
        """What tells files of one version apart."""
        return f"w{self.window_frames}-s{self.step_frames}-b{self.count}"

    @property
    def options(self) -> str:
        """Of the command that makes them."""
        return f"--window-frames {self.window_frames} --stride-frames {self.step_frames} --count {self.count}"


class MotionBuckets(BaseModel):
    """Buckets of variance and of speed, one set for both hands, and what they were made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clips_version: int
    split: Literal["train"] = "train"
    window_frames: int
    stride_frames: int
    count: int
    min_seen_share: float  # of a window's frames, below which a hand does not count in it
    clips: int  # kept clips of the split that have motion
    clips_without_motion: int
    motion_versions: tuple[str, ...]  # of the annotator that filled them
    clips_digest: str | None = (
        None  # of these clips and their motion: freshness.py; None: by an older release
    )
    windows_left: int
    windows_right: int
    variance: Buckets  # of the logarithm of m^2
    speed: Buckets  # of the logarithm of m/s

    @property
    def id(self) -> str:
        """12 hex digits of all of it; goes into a training run's configuration."""
        return params_hash(self.model_dump(mode="json", exclude_none=True))


class _BucketFile(BaseModel):
    """What is written; the id tells whether somebody changed the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    buckets: MotionBuckets


def save_buckets(lake: Lake, buckets: MotionBuckets) -> str:
    """Write the file and return its address. Raises LakeError where the lake cannot be written."""
    choice = BucketChoice(
        window_frames=buckets.window_frames, stride_frames=buckets.stride_frames, count=buckets.count
    )
    name = _file_name(buckets.clips_version, choice)
    file = _BucketFile(id=buckets.id, buckets=buckets)
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / name
        local.write_text(file.model_dump_json(indent=2) + "\n")
        try:
            _session(lake).upload_file(local, f"{_FOLDER}/{name}")
        except _LANCE_ERRORS as error:
            raise _out_of_reach(lake, name, error) from error
    return f"{lake.uri}/{_FOLDER}/{name}"


def load_buckets(
    lake: Lake, *, version: int | None = None, choice: BucketChoice | None = None
) -> MotionBuckets:
    """The buckets made at this version of the clips table; of the newest version that has them unless told.

    Raises LakeError where they were never made, or where the file is not as it was written.
    """
    choice = choice or BucketChoice()
    found = _versions(lake, choice)
    wanted = max(found, default=None) if version is None else version
    if wanted is None or wanted not in found:
        at = "" if version is None else f" at clips version {version}"
        raise LakeError(
            f"the lake at {lake.uri} has no motion buckets {choice.name}{at}:"
            f" run `emo2 buckets --lake {lake.uri} {choice.options}`"
        )
    name = _file_name(wanted, choice)
    try:
        file = _BucketFile.model_validate_json(_read(lake, name))
    except ValidationError as error:
        raise _damaged(lake, name) from error
    if file.id != file.buckets.id:
        raise _damaged(lake, name)
    return file.buckets


def _versions(lake: Lake, choice: BucketChoice) -> set[int]:
    pattern = re.compile(rf"(?:.*/)?motion-v(\d+)-{re.escape(choice.name)}\.json")
    try:
        paths = _session(lake).list(_FOLDER)
    except _LANCE_ERRORS as error:
        if "not found" in str(error).lower():
            return set()
        raise _out_of_reach(lake, "", error) from error
    return {int(match[1]) for path in paths if (match := pattern.fullmatch(path))}


def _read(lake: Lake, name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / name
        try:
            _session(lake).download_file(f"{_FOLDER}/{name}", local)
        except _LANCE_ERRORS as error:
            raise _out_of_reach(lake, name, error) from error
        return local.read_text()


def _file_name(version: int, choice: BucketChoice) -> str:
    return f"motion-v{version}-{choice.name}.json"


def _session(lake: Lake) -> LanceFileSession:
    options: Mapping[str, Any] | None = lake.storage_options
    return LanceFileSession(lake.uri, storage_options=dict(options) if options else None)


def _out_of_reach(lake: Lake, name: str, error: Exception) -> LakeError:
    reason = str(error).splitlines()[0].split(", /")[0]
    return LakeError(
        f"cannot reach {lake.uri}/{_FOLDER}/{name} ({reason}): check the permissions and the credentials"
    )


def _damaged(lake: Lake, name: str) -> LakeError:
    return LakeError(
        f"{lake.uri}/{_FOLDER}/{name} is not a bucket file as it was written:"
        f" delete it and run `emo2 buckets --lake {lake.uri}` again"
    )
