"""What a source or a person said of a clip's style: the columns `style_told` and `style_told_by` of `clips`.

They are replaced as an annotator's columns are (`datasets.replacement`): other columns, rows that were not chosen,
snapshots made before, and what others append or delete meanwhile stay as they are. Where a style decides whether a
clip is kept, so does the verdict with it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import lance
import pyarrow as pa

from datasets.counts import is_in
from datasets.lake import Lake, LakeError
from datasets.locks.commit_lock import committing
from datasets.replacement import Replacement, commit_replacements, write_replacement
from datasets.schema import CLIPS
from datasets.style import STYLE_SQL, STYLES, Style

_TOLD, _KEPT = ("style_told", "style_told_by"), ("keep", "reason", "detail")
_IDS_A_FILTER = 5_000
_ATTEMPTS = 10  # at clips whose labels somebody else changes, or whose fragments are merged, meanwhile


@dataclass(frozen=True)
class Told:
    """What stands in both columns; both None where nobody said anything."""

    style: Style | None = None
    by: Literal["source", "person"] | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether a clip is kept, where that rests on its style too."""

    columns: tuple[str, ...]  # of `clips` that are looked at besides keep, reason and detail
    # (what the row says now, the new label) -> keep, reason, detail
    judge: Callable[[Mapping[str, Any], Told], tuple[bool | None, str | None, str | None]]


@dataclass(frozen=True)
class StyleCounts:
    """Clips by how their style is known; each kept clip counts in one place."""

    by_person: Mapping[str, int]
    by_source: Mapping[str, int]
    guessed: Mapping[str, int]  # of those that nobody told
    unknown: int

    def of(self, style: str) -> int:
        """All clips that go by this style."""
        return sum(each.get(style, 0) for each in (self.by_person, self.by_source, self.guessed))


def write_told(lake: Lake, told: Mapping[str, Told], verdict: Verdict | None = None) -> int:
    """Put these labels in place in one commit, by clip; how many clips have them now, without those deleted since.

    What somebody else committed to the same columns meanwhile is read again, and stays for other clips; of one clip,
    the last writer's word stands. Raises LakeError where others change the same clips all the time.
    """
    waiting, done = set(told), 0
    for _ in range(_ATTEMPTS):
        written = list(_written(lake, {clip_id: told[clip_id] for clip_id in waiting}, verdict))
        if not written:
            return done
        with committing(lake) as check:
            result = commit_replacements(lake, written, check=check)
        done += sum(len(each.clip_ids) for each in result.committed)
        waiting = {clip_id for each in result.outdated for clip_id in each.clip_ids}
    raise LakeError(
        f"other writers kept changing the clips of {lake.uri}: run this again once they have ended"
    )


def count_styles(table: lance.LanceDataset) -> StyleCounts:
    """Of the kept clips of a version of `clips`."""
    columns = {"style": STYLE_SQL, "by": "style_told_by", "told": "style_told IS NOT NULL"}
    rows = table.to_table(columns=columns, filter="keep IS TRUE")
    counted = Counter(zip(*(rows[name].to_pylist() for name in columns), strict=True))
    places: dict[str, Counter[str]] = {name: Counter() for name in ("person", "source", "guessed")}
    unknown = 0
    for (style, by, is_told), clips in counted.items():
        if style is None:
            unknown += clips
        else:
            places["person" if by == "person" else "source" if is_told else "guessed"][style] += clips
    return StyleCounts(dict(places["person"]), dict(places["source"]), dict(places["guessed"]), unknown)


def styles_of(counts: StyleCounts) -> tuple[str, ...]:
    """The styles there are, and whatever else a row may say, in a fixed order."""
    found = {*counts.by_person, *counts.by_source, *counts.guessed} - set(STYLES)
    return (*STYLES, *sorted(found))


def _written(lake: Lake, told: Mapping[str, Told], verdict: Verdict | None) -> Iterator[Replacement]:
    """New columns in files that no version names yet, one for each fragment that holds some of the clips."""
    table, looked_at = lake.table("clips"), verdict.columns if verdict else ()
    columns = list(dict.fromkeys(["clip_id", *_TOLD, *_KEPT, *looked_at]))
    for fragment_id, rows in sorted(_by_fragment(table, sorted(told), columns).items()):
        new = [_labelled(row, told[row["clip_id"]], verdict) for row in rows]
        changed = any(
            row[name] != label[name] for row, label in zip(rows, new, strict=True) for name in _KEPT
        )
        names = ["clip_id", *_TOLD, *(_KEPT if changed else ())]
        yield write_replacement(
            lake,
            pa.Table.from_pylist(new, schema=pa.schema([CLIPS.field(name) for name in names])),
            version=table.version,
            fragment_id=fragment_id,
            reads=(*looked_at, *_KEPT) if verdict else (),
        )


def _labelled(row: Mapping[str, Any], told: Told, verdict: Verdict | None) -> dict[str, Any]:
    kept = verdict.judge(row, told) if verdict else tuple(row[name] for name in _KEPT)
    label = {"clip_id": row["clip_id"], "style_told": told.style, "style_told_by": told.by}
    return label | dict(zip(_KEPT, kept, strict=True))


def _by_fragment(
    table: lance.LanceDataset, clip_ids: Sequence[str], columns: list[str]
) -> dict[int, list[dict[str, Any]]]:
    """Rows of these clips, by the number of their fragment."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for start in range(0, len(clip_ids), _IDS_A_FILTER):
        some = is_in("clip_id", clip_ids[start : start + _IDS_A_FILTER])
        for row in table.to_table(columns=columns, filter=some, with_row_address=True).to_pylist():
            found[row["_rowaddr"] >> 32].append(row)
    return found
