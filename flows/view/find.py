"""The clip that a person means by an id or its beginning, with everything that is stored of it."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datasets.counts import is_in
from datasets.errors import UserError
from datasets.lake import Lake
from flows.clip_labels import ClipLabels, read_labels

_SHOWN = 3  # ids named in an error
_FACTS = ("video_id", "start_s", "end_s", "n_frames", "split", "keep", "reason", "hands_src", "body_src")


class UnknownClip(UserError):
    """No clip, or more than one, has this id; the sentence names near ones."""


@dataclass(frozen=True)
class StoredClip:
    """One clip's media and labels, and the facts about it that a person asks for."""

    clip_id: str
    uri: str
    facts: dict[str, Any]
    labels: ClipLabels
    mp4: bytes | None


def find_clip(lake: Lake, wanted: str) -> StoredClip:
    """The clip whose id is `wanted` or, alone among all, begins with it. Raises UnknownClip."""
    clips = lake.table("clips")
    clip_id = resolve(clips.to_table(columns=["clip_id"])["clip_id"].to_pylist(), wanted, lake.uri)
    row = clips.to_table(columns=list(_FACTS), filter=is_in("clip_id", [clip_id])).to_pylist()[0]
    videos = lake.table("videos").to_table(columns=["uri"], filter=is_in("video_id", [row["video_id"]]))
    media = list(lake.read_media([clip_id])) if lake.clip_ids("clip_media", clip_ids=[clip_id]) else []
    return StoredClip(
        clip_id=clip_id,
        uri=videos["uri"][0].as_py() if videos.num_rows else "",
        facts=row,
        labels=read_labels(clips, [clip_id])[clip_id],
        mp4=media[0].mp4 if media else None,
    )


def resolve(ids: Sequence[str], wanted: str, lake: str) -> str:
    """The one id that is `wanted` or begins with it; raises UnknownClip with the nearest ones otherwise."""
    if wanted in ids:
        return wanted
    ordered = sorted(ids)
    matches = [one for one in ordered if one.startswith(wanted)] if wanted else ordered
    if len(matches) == 1:
        return matches[0]
    if not ordered:
        raise UnknownClip(f"the lake at {lake} holds no clips: run `emo2 ingest SOURCE --lake {lake}`")
    if matches:
        raise UnknownClip(
            f"{len(matches)} clips of {lake} begin with {wanted!r} ({_listed(matches)}): give more of the id"
        )
    raise UnknownClip(
        f"no clip {wanted!r} in {lake}; nearest: {_listed(_nearest(ordered, wanted))}."
        " `emo2 report` shows the ids"
    )


def _nearest(ordered: Sequence[str], wanted: str) -> list[str]:
    """The ids that share the longest beginning with `wanted`."""
    at = bisect.bisect(ordered, wanted)
    around = ordered[max(at - _SHOWN, 0) : at + _SHOWN]
    return sorted(around, key=lambda one: -_shared(one, wanted))[:_SHOWN]


def _shared(first: str, second: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(first), len(second)))


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")
