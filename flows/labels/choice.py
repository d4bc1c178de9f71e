"""The clips that a label is said of, and what would change in them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets.counts import is_in
from datasets.errors import UserError
from datasets.lake import Lake
from datasets.selection import checked_selection
from datasets.style_labels import Told
from flows.labels.config import CLEAR, LabelConfig
from flows.rows import told_style
from flows.view.find import resolve

_SHORTEST = 6  # digits of a video's id that a person may give
_COLUMNS = ["clip_id", "video_id", "style_told", "style_told_by"]


class UnknownVideo(UserError):
    """No video, or more than one, has this id; the sentence says what to give."""


@dataclass(frozen=True)
class LabelPlan:
    """What is to stand where; nothing is changed yet."""

    told: Mapping[str, Told]  # clip_id -> its new label; clips that have it already are left out
    chosen: int
    before: Mapping[str, int]  # of the clips that change, by what they say now

    @property
    def unchanged(self) -> int:
        return self.chosen - len(self.told)


def plan_labels(lake: Lake, config: LabelConfig) -> LabelPlan:
    """Raises UserError for ids that the lake does not hold, and SelectionError for SQL that is wrong."""
    rows = _chosen(lake, config)
    wanted = dict(_wanted(lake, rows, config.style))
    held = {row["clip_id"]: Told(row["style_told"], row["style_told_by"]) for row in rows}
    changed = {clip_id: told for clip_id, told in wanted.items() if told != held[clip_id]}
    return LabelPlan(changed, len(held), Counter(_words(held[clip_id]) for clip_id in changed))


def _wanted(lake: Lake, rows: Sequence[Mapping[str, Any]], style: str) -> Iterator[tuple[str, Told]]:
    """By clip. Taking back concerns what a person said alone."""
    if style != CLEAR:
        yield from ((row["clip_id"], Told(style, "person")) for row in rows)  # type: ignore[arg-type]
        return
    by_person = [row for row in rows if row["style_told_by"] == "person"]
    sources = _words_of_sources(lake, {row["video_id"] for row in by_person})
    for row in by_person:
        style_told = told_style(sources.get(row["video_id"]))
        yield row["clip_id"], Told(style_told, "source") if style_told else Told()


def _words_of_sources(lake: Lake, video_ids: set[str]) -> dict[str, str | None]:
    if not video_ids:
        return {}
    table = lake.table("videos").to_table(columns=["video_id", "style"], filter=is_in("video_id", video_ids))
    return {row["video_id"]: row["style"] for row in table.to_pylist()}


def _chosen(lake: Lake, config: LabelConfig) -> list[dict[str, Any]]:
    clips = lake.table("clips")
    if config.where:
        where = checked_selection(clips, config.where)
    else:
        parts = [is_in("clip_id", _clip_ids(lake, config.clips))] if config.clips else []
        parts += [is_in("video_id", _video_ids(lake, config.videos))] if config.videos else []
        where = " OR ".join(parts)
    return clips.to_table(columns=_COLUMNS, filter=where).to_pylist()


def _clip_ids(lake: Lake, given: Sequence[str]) -> list[str]:
    exact = lake.clip_ids(clip_ids=given)
    if exact.issuperset(given):
        return list(exact)
    known = lake.table("clips").to_table(columns=["clip_id"])["clip_id"].to_pylist()
    return [resolve(known, each, lake.uri) for each in given]


def _video_ids(lake: Lake, given: Sequence[str]) -> list[str]:
    """Of videos with clips, whole or by their beginning."""
    known = lake.table("clips").to_table(columns=["video_id"])["video_id"].unique().drop_null().to_pylist()
    return [_video_id(known, each, lake.uri) for each in given]


def _video_id(known: Sequence[str], given: str, lake: str) -> str:
    found = [each for each in known if each.startswith(given)] if len(given) >= _SHORTEST else []
    found = [given] if given in known else found
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownVideo(f"{len(found)} videos of {lake} begin with {given!r}: give more of the id")
    raise UnknownVideo(
        f"{lake} holds no clips of a video {given!r}: give its id, at least {_SHORTEST} digits of it, or choose clips"
        " by --where"
    )


def _words(told: Told) -> str:
    """As in "singing (source)" or "nothing"."""
    return f"{told.style} ({told.by})" if told.style else "nothing"
