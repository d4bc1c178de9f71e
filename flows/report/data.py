"""What the report shows, gathered from the lake: small columns of every row, heavy ones of drawn clips."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import lance
import numpy as np
import pyarrow as pa

from datasets.lake import ClipMedia, Lake
from datasets.reasons import QUARANTINE_REASONS
from datasets.schema import SLOTS
from flows.clip_labels import ClipLabels, read_labels
from flows.report.measures import Distributions, HandSummary, distributions, hand_summaries, numbers
from flows.report.sampling import choose_clips

KEPT, FILTERED, QUARANTINED = "kept", "filtered", "quarantined"
SCORES = ("people", "face_height_px", "hand_visibility", "sharpness", "scale", "speech_track")
MAX_LISTED = 500  # rows of the quarantine lists and tables
MAX_RUNS = 8
_NEVER = datetime.min.replace(tzinfo=UTC)
_ROW_COLUMNS = [
    "clip_id", "video_id", "start_s", "end_s", "n_frames", "split", "keep", "reason", "detail",
    *SCORES, "motion_speed", "motion_variance", "hands_model", "speaker_score",
]  # fmt: skip
_VIDEO_COLUMNS = ["video_id", "uri", "dataset", "speaker", "status", "reason", "detail"]
_SOURCE_PARTS = ["name", "version", "params_hash"]
_BATCH_CLIPS = 16  # of labels and media held at once: about 20 MB


@dataclass(frozen=True)
class AnnotatorUse:
    """One version of one annotator and the clips that carry its labels; no name where clips have none."""

    slot: str
    name: str | None
    version: str | None
    params_hash: str | None
    clips: int


@dataclass(frozen=True)
class Quarantined:
    """A video or clip of which nothing could be made."""

    uri: str
    span_s: tuple[float, float] | None  # None: the whole video
    reason: str | None
    detail: str | None


@dataclass(frozen=True)
class Run:
    """One row of `runs`, its JSON columns read."""

    run_id: str
    flow: str | None
    state: str | None
    started_at: datetime | None
    ended_at: datetime | None
    params: dict[str, Any]
    counts: dict[str, Any]


@dataclass(frozen=True)
class ClipRow:
    """The small columns of one drawn clip and of its video."""

    clip_id: str
    uri: str
    dataset: str | None
    speaker: str | None
    start_s: float
    end_s: float
    n_frames: int
    split: str | None
    state: str
    reason: str | None
    detail: str | None
    scores: dict[str, float | None]
    provenance: tuple[AnnotatorUse, ...]
    hands: HandSummary | None = None  # None without labels
    hands_model: str | None = None

    @property
    def top_speed(self) -> float | None:
        """The faster hand's mean speed in m/s; None where neither was measured."""
        speeds = [self.scores.get(f"speed_{side}") for side in ("left", "right")]
        return max((speed for speed in speeds if speed is not None), default=None)


@dataclass(frozen=True)
class DrawnClip:
    """A clip with its labels and media, as the contact sheet needs it."""

    row: ClipRow
    labels: ClipLabels
    mp4: bytes | None
    reference: bytes | None


@dataclass(frozen=True)
class Overview:
    """Every count on the page."""

    uri: str
    videos: dict[str, int]  # total, ingested, quarantined
    clips: dict[str, int]  # total, kept, filtered, quarantined
    hours_kept: float
    hours_measured: float  # of kept and filtered clips
    versions: dict[str, int]
    annotators: tuple[AnnotatorUse, ...]
    runs: tuple[Run, ...]
    reasons: dict[str, Counter[str | None]]  # state or "videos" -> reason -> count
    quarantined: tuple[Quarantined, ...]
    distributions: Distributions


@dataclass(frozen=True)
class ReportData:
    """All that the page is made of; `clips()` reads labels and media as it is iterated."""

    overview: Overview
    rows: tuple[ClipRow, ...]  # the clips to draw, the most doubtful first, then those without labels
    lake: Lake = field(repr=False)

    def clips(self) -> Iterator[DrawnClip]:
        """The drawn clips in the order of `rows`; a few are in memory at a time."""
        table = self.lake.table("clips", self.overview.versions["clips"])
        for start in range(0, len(self.rows), _BATCH_CLIPS):
            yield from read_clips(self.lake, table, self.rows[start : start + _BATCH_CLIPS])


def gather(lake: Lake, *, max_clips: int, seed: int = 0) -> ReportData:
    """Counts of the whole lake and the rows of at most `max_clips` clips, kept and filtered evenly.

    Where there are more, half of the kept are the most doubtful of the lake, the others are drawn at random.
    """
    versions = lake.versions()
    clips = lake.table("clips", versions["clips"])
    videos = _videos(lake.table("videos", versions["videos"]))
    small = clips.to_table(columns=[*_ROW_COLUMNS, *_source_columns()])
    states = np.array([clip_state(*pair) for pair in _pairs(small, "keep", "reason")], dtype=object)
    hands = hand_summaries(clips)
    doubts = np.array([-1.0 if one is None else one.doubt for one in hands])
    chosen = choose_clips(states, small["reason"].to_pylist(), doubts, max_clips, seed)
    drawn = small.take(pa.array(chosen, pa.int64())).to_pylist()
    rows = [_clip_row(row, videos, hands[i]) for i, row in zip(chosen, drawn, strict=True)]
    overview = Overview(
        uri=lake.uri,
        videos={"total": len(videos), **_count(videos, "ingested", QUARANTINED, "forgotten")},
        clips={"total": len(states), **{s: int((states == s).sum()) for s in (KEPT, FILTERED, QUARANTINED)}},
        hours_kept=_hours(small, states == KEPT),
        hours_measured=_hours(small, states != QUARANTINED),
        versions=versions,
        annotators=_annotators(small),
        runs=_runs(lake.table("runs", versions["runs"])),
        reasons=_reasons(small, states, videos),
        quarantined=_quarantined(small, states, videos),
        distributions=distributions(small, states, hands),
    )
    return ReportData(overview, tuple(sorted(rows, key=_worst_first)), lake)


def _worst_first(row: ClipRow) -> tuple[float, str, float]:
    return -row.hands.doubt if row.hands else 1.0, row.uri, row.start_s


def _source_columns() -> list[str]:
    return [f"{slot}_src" for slot in SLOTS]


def clip_state(keep: bool | None, reason: str | None) -> str:
    """KEPT, FILTERED or QUARANTINED."""
    if keep:
        return KEPT
    return QUARANTINED if reason in QUARANTINE_REASONS else FILTERED


def _pairs(table: pa.Table, first: str, second: str) -> Iterator[tuple[Any, Any]]:
    return zip(table[first].to_pylist(), table[second].to_pylist(), strict=True)


def _videos(table: lance.LanceDataset) -> dict[str, dict[str, Any]]:
    return {row["video_id"]: row for row in table.to_table(columns=_VIDEO_COLUMNS).to_pylist()}


def _count(videos: Mapping[str, Mapping[str, Any]], *statuses: str) -> dict[str, int]:
    return {status: sum(video["status"] == status for video in videos.values()) for status in statuses}


def _hours(clips: pa.Table, chosen: np.ndarray) -> float:
    """Hours of the source that the chosen clips span."""
    length_s = numbers(clips["end_s"]) - numbers(clips["start_s"])
    return float(np.nansum(length_s[chosen])) / 3600


def _annotators(clips: pa.Table) -> tuple[AnnotatorUse, ...]:
    """The versions of each slot, the most used first, then the clips without one."""
    uses = []
    for slot in SLOTS:
        sources = clips.select([f"{slot}_src"]).flatten()
        sources = sources.rename_columns([name.split(".")[1] for name in sources.column_names])
        found = sources.group_by(_SOURCE_PARTS).aggregate([([], "count_all")]).to_pylist()
        found.sort(key=lambda row: (row["name"] is not None, row["count_all"]), reverse=True)
        uses += [AnnotatorUse(slot, clips=row.pop("count_all"), **row) for row in found]
    return tuple(uses)


def _source(value: Mapping[str, Any] | None) -> tuple[str | None, str | None, str | None] | None:
    return None if value is None else (value["name"], value["version"], value["params_hash"])


def _runs(table: lance.LanceDataset) -> tuple[Run, ...]:
    """The runs started last, newest first; one without a start comes last."""
    columns = ["run_id", "flow", "state", "started_at", "ended_at", "params", "counts"]
    rows = table.to_table(columns=columns).to_pylist()
    rows.sort(key=lambda row: row["started_at"] or _NEVER, reverse=True)
    return tuple(
        Run(**row | {column: _json_object(row[column]) for column in ("params", "counts")})
        for row in rows[:MAX_RUNS]
    )


def _json_object(text: str | None) -> dict[str, Any]:
    """The object a JSON column holds; empty where it is null or no object."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _reasons(
    clips: pa.Table, states: np.ndarray, videos: Mapping[str, Mapping[str, Any]]
) -> dict[str, Counter[str | None]]:
    of_clips = Counter(zip(states, clips["reason"].to_pylist(), strict=True))
    reasons: dict[str, Counter[str | None]] = {
        state: Counter({reason: n for (s, reason), n in of_clips.items() if s == state})
        for state in (FILTERED, QUARANTINED)
    }
    reasons["videos"] = Counter(v["reason"] for v in videos.values() if v["status"] == QUARANTINED)
    return reasons


def _quarantined(
    clips: pa.Table, states: np.ndarray, videos: Mapping[str, Mapping[str, Any]]
) -> tuple[Quarantined, ...]:
    """At most MAX_LISTED videos and as many clips, by reason and source."""
    whole = [
        Quarantined(video["uri"] or "", None, video["reason"], video["detail"])
        for video in videos.values()
        if video["status"] == QUARANTINED
    ]
    rows = clips.take(pa.array(np.flatnonzero(states == QUARANTINED))).to_pylist()
    parts = [
        Quarantined(
            _video_of(row, videos).get("uri") or "",
            (row["start_s"] or 0.0, row["end_s"] or 0.0),
            row["reason"],
            row["detail"],
        )
        for row in rows
    ]
    return tuple(one for group in (whole, parts) for one in sorted(group, key=_quarantine_order)[:MAX_LISTED])


def _quarantine_order(one: Quarantined) -> tuple[str, str, float]:
    return one.reason or "", one.uri, one.span_s[0] if one.span_s else 0.0


def _video_of(row: Mapping[str, Any], videos: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The clip's video; a clip whose video is not in the table shows its id in place of the uri."""
    return videos.get(row["video_id"]) or {"uri": row["video_id"], "dataset": None, "speaker": None}


def _clip_row(
    row: Mapping[str, Any], videos: Mapping[str, Mapping[str, Any]], hands: HandSummary | None
) -> ClipRow:
    video = _video_of(row, videos)
    sources = {slot: _source(row[f"{slot}_src"]) for slot in SLOTS}
    return ClipRow(
        clip_id=row["clip_id"],
        uri=video["uri"] or "",
        dataset=video["dataset"],
        speaker=video["speaker"],
        start_s=row["start_s"] or 0.0,
        end_s=row["end_s"] or 0.0,
        n_frames=row["n_frames"] or 0,
        split=row["split"],
        state=clip_state(row["keep"], row["reason"]),
        reason=row["reason"],
        detail=row["detail"],
        scores={**{score: row[score] for score in SCORES}, **_motion_scores(row)},
        provenance=tuple(AnnotatorUse(slot, *source, clips=1) for slot, source in sources.items() if source),
        hands=hands,
        hands_model=row["hands_model"],
    )


def _motion_scores(row: Mapping[str, Any]) -> dict[str, float | None]:
    speed, variance = row["motion_speed"] or (None, None), row["motion_variance"] or (None, None)
    return {
        "speed_left": speed[0],
        "speed_right": speed[1],
        "variance_left": variance[0],
        "variance_right": variance[1],
    }


def read_clips(lake: Lake, table: lance.LanceDataset, rows: Sequence[ClipRow]) -> Iterator[DrawnClip]:
    """Labels of the clips in this version of `clips`, and their media: all of them are in memory at once."""
    ids = [row.clip_id for row in rows]
    labels = read_labels(table, ids)
    held = lake.clip_ids("clip_media", clip_ids=ids)
    media = {one.clip_id: one for one in lake.read_media([i for i in ids if i in held])}
    for row in rows:
        one = media.get(row.clip_id) or ClipMedia(row.clip_id, None, None, None, None)
        yield DrawnClip(row, labels.get(row.clip_id, ClipLabels()), one.mp4, one.reference)
