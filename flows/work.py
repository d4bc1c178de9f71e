"""One video's way through an ingest, as a worker sees it; free of Ray so that it runs in a test or a notebook."""

import json
import logging
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from annotators.annotator import Annotator
from datasets import identity
from datasets.counts import is_in
from datasets.lake import Lake
from datasets.media.errors import MediaError
from datasets.media.guard import Guard, Reply
from datasets.reasons import QUARANTINE_REASONS, Reason
from datasets.sources.local import local_copy
from datasets.sources.storage import is_object
from datasets.sources.video import SourceVideo
from datasets.splits.split import split_key, split_of
from flows.accounting import Counts
from flows.clip_plan import ClipPlan
from flows.conclusion import Slots, conclude, merged, rows_of
from flows.costs import Costs, Meter
from flows.ingest_config import IngestConfig
from flows.isolated.choice import AnnotatorPlace
from flows.isolated.labels import sounds_schema
from flows.isolated.route import Route, main_route
from flows.rows import clip_table, split_media, told_style

_logger = logging.getLogger(__name__)
_SURVEY = "flows.stages:survey"
_MAKE_CLIPS = "flows.stages:make_clips"


@dataclass(frozen=True)
class Identity:
    """Which bytes a source holds; `reason` where they cannot be read."""

    video_id: str
    size_bytes: int = 0
    modified_ns: int = 0  # of the file; 0 for an object, whose copies differ from node to node
    reason: Reason | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Media:
    """Media of some clips in files of the lake that nobody has committed yet."""

    clip_ids: tuple[str, ...]
    fragments: tuple[str, ...]  # as JSON


@dataclass(frozen=True)
class Outcome:
    """What one piece of work adds to the lake, and its part of the counts.

    Media is large, so workers write it; the rows of `clips` travel, since files of a few rows each would make
    every later commit and read slow.
    """

    clips: pa.Table | None = None  # rows of `clips`
    media: tuple[Media, ...] = ()
    counts: Counts = field(
        default_factory=Counts
    )  # without the clips above, which are counted as they are committed
    sounds: pa.Table | None = None  # (clip_id, audio) of clips that annotators elsewhere have still to hear


@dataclass(frozen=True)
class Surveyed:
    """A video cut and judged: its row, what is finished already, and the clips still to be made."""

    video: dict[str, Any]
    outcome: Outcome
    plans: tuple[ClipPlan, ...] = ()


@dataclass(frozen=True)
class VideoWork:
    """Turns source videos into fragments of the lake; media is opened in `guard` only."""

    lake: Lake
    guard: Guard
    config: IngestConfig
    run_id: str
    scratch: Path
    retry: bool = False  # clips that are quarantined are made again
    route: Route | None = None  # None: those annotators that can run here

    def identify(self, source: SourceVideo) -> Identity:
        """The video's id: of its bytes, or of its address where the bytes cannot be read."""
        try:
            path = local_copy(source.uri, self.scratch)
            facts = path.stat()
            if not stat.S_ISREG(facts.st_mode):  # it might never end
                return _unread(source, Reason.UNSUPPORTED, f"{source.uri} is a pipe or a device: name a file")
            modified_ns = 0 if is_object(source.uri) else facts.st_mtime_ns
            return Identity(identity.video_id(path), facts.st_size, modified_ns)
        except OSError as error:
            return _unread(source, Reason.MISSING, f"{source.uri} cannot be read: {error.strerror or error}")

    def survey(self, source: SourceVideo, known: Identity) -> Surveyed:
        """Cut and judge one video; what is wrong with it becomes a row with a reason."""
        if known.reason:
            return self._quarantined(source, known, known.reason, known.detail or "")
        try:
            return self._surveyed(source, known)
        except MediaError as error:
            if error.reason in (Reason.MISSING, Reason.CHANGED):  # the bytes that were hashed are gone
                known = _unread(source, error.reason, error.detail)
            return self._quarantined(source, known, error.reason, error.detail)

    def make(self, source: SourceVideo, known: Identity, plans: tuple[ClipPlan, ...]) -> Outcome:
        """Encode and annotate clips; where the child process dies, each is tried alone to find the one at fault.

        What other environments have to add is not there yet where the outcome has `sounds`: `conclude` it then.
        """
        path = local_copy(source.uri, self.scratch)
        try:
            return self._made(source, known, path, plans)
        except MediaError as error:
            if len(plans) == 1:
                return self._failed(source, known, plans[0].rejected(error.reason, error.detail))
            _logger.warning("making %d clips together failed, so each is tried alone: %s", len(plans), error)
        return join([self.make(source, known, (plan,)) for plan in plans])

    def conclude(self, outcome: Outcome, slots: Slots) -> Outcome:
        """What `make` gave, with the slots of other environments and what is derived from them, and judged."""
        assert outcome.clips is not None
        route, meter = self._route, Meter()
        clips = conclude(
            outcome.clips,
            slots,
            [_annotator(place) for place in route.after],
            self.config.thresholds,
            run_id=self.run_id,
            meter=meter,
        )
        counts = outcome.counts + Counts(costs=meter.costs)
        return Outcome(clips, outcome.media, counts)

    @property
    def _route(self) -> Route:
        return self.route or main_route(self.config.annotators)

    def _surveyed(self, source: SourceVideo, known: Identity) -> Surveyed:
        reply = self._twice(lambda: self._cut(source, known))
        plans = [ClipPlan.model_validate(plan) for plan in reply.values["plans"]]
        old = self._known_clips([plan.clip_id for plan in plans])
        new = [plan for plan in plans if plan.clip_id not in old]
        rejected = [plan for plan in new if plan.reason]
        rows = clip_table(rejected, [{}] * len(rejected), **self._stamp(source, known))
        counts = Counts(clips=len(plans), clips_known=len(old), costs=_costs(reply))
        outcome = Outcome(rows, self._written(rows, reply.table), counts)
        row = self._row(source, known) | _facts(reply.values) | {"status": "ingested", "n_clips": len(plans)}
        return Surveyed(row, outcome, tuple(plan for plan in new if not plan.reason))

    def _known_clips(self, clip_ids: Sequence[str]) -> set[str]:
        old = self.lake.clip_ids("clips", clip_ids=clip_ids)
        return old - quarantined_clips(self.lake, old) if self.retry else old

    def _cut(self, source: SourceVideo, known: Identity) -> Reply:
        path = local_copy(source.uri, self.scratch)
        with self._folder() as folder:
            request = {
                "path": str(path.absolute()),
                "video_id": known.video_id,
                "spans": [vars(span) for span in source.spans],
                "thresholds": self.config.thresholds.model_dump(),
                "scratch": str(folder),
            }
            deadline_s = self.config.limits.survey_deadline_s(known.size_bytes)
            reply = self.guard.call(_SURVEY, request, deadline_s=deadline_s)
        _check_unchanged(path, known)
        return reply

    def _twice(self, call: Callable[[], Reply]) -> Reply:
        """A child that died may have been killed for no fault of the video's, so it gets a second chance."""
        try:
            return call()
        except MediaError as error:
            if error.reason is not Reason.CRASHED:
                raise
            _logger.warning("the survey is tried a second time: %s", error)
        return call()

    def _quarantined(self, source: SourceVideo, known: Identity, reason: Reason, detail: str) -> Surveyed:
        row = self._row(source, known) | {"status": "quarantined", "reason": reason.value, "detail": detail}
        return Surveyed(row, Outcome())

    def _made(self, source: SourceVideo, known: Identity, path: Path, plans: tuple[ClipPlan, ...]) -> Outcome:
        here = self._route.here
        request = {
            "path": str(path.absolute()),
            "plans": [plan.model_dump(mode="json") for plan in plans],
            "annotators": list(here),
            "hands": self.config.hands.model_dump(mode="json"),
            "models": self.config.models.model_dump(mode="json"),
            "gpus": {name: self.config.resources_of(name).gpus for name in here},
            **self._stamp(source, known),
        }
        n_frames = sum(plan.n_frames for plan in plans)
        deadline_s = self.config.limits.clips_deadline_s(n_frames, known.size_bytes)
        deadline_s += self.config.hands.backends_deadline_s(n_frames)
        reply = self.guard.call(_MAKE_CLIPS, request, deadline_s=deadline_s)
        _check_unchanged(path, known)
        clips, media = split_media(reply.table)
        sounds = self._sounds(clips, media)
        outcome = Outcome(clips, self._written(clips, media), Counts(costs=_costs(reply)), sounds)
        return outcome if sounds is not None else self.conclude(outcome, self._route.left_out)

    def _sounds(self, clips: pa.Table, media: pa.Table) -> pa.Table | None:
        """What annotators elsewhere are to hear; None where there is none, or no clip for them."""
        kept = clips.filter(pc.field("keep"))["clip_id"]
        heard = media.select(["clip_id", "audio"]).filter(pc.field("clip_id").isin(kept.combine_chunks()))
        return heard if self._route.isolated and len(heard) else None

    def _failed(self, source: SourceVideo, known: Identity, plan: ClipPlan) -> Outcome:
        return Outcome(clip_table([plan], [{}], **self._stamp(source, known)))

    def _written(self, clips: pa.Table, media: pa.Table | None) -> tuple[Media, ...]:
        """The media of these clips in new files; what a run that died has committed is not written again."""
        if media is None:
            return ()
        wanted = clips["clip_id"].to_pylist()
        new = set(wanted) - self.lake.clip_ids("clip_media", clip_ids=wanted)
        media = media.filter(pc.field("clip_id").isin(pa.array(sorted(new), pa.string())))
        fragments = self.lake.write_fragments("clip_media", media)
        return (Media(tuple(media["clip_id"].to_pylist()), tuple(fragments)),) if fragments else ()

    def _stamp(self, source: SourceVideo, known: Identity) -> dict[str, Any]:
        key = split_key(known.video_id, source.speaker, source.dataset)
        return {"run_id": self.run_id, "split": split_of(key), "style_told": told_style(source.style)}

    def _row(self, source: SourceVideo, known: Identity) -> dict[str, Any]:
        return {
            "video_id": known.video_id,
            "uri": source.uri,
            "dataset": source.dataset,
            "speaker": source.speaker,
            "style": source.style,
            "licence": source.licence,
            "metadata": json.dumps(source.metadata, sort_keys=True) if source.metadata else None,
            "spans": spans_json(source),
            "bytes": known.size_bytes,
            "run_id": self.run_id,
            "at": datetime.now(UTC),
        }

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """Made and removed on this side, since a guarded child may be killed before it could."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _unread(source: SourceVideo, reason: Reason, detail: str) -> Identity:
    """Identity by address, for bytes that nobody could hash."""
    return Identity(identity.params_hash({"uri": source.uri}), reason=reason, detail=detail)


def _check_unchanged(path: Path, known: Identity) -> None:
    """Raise MediaError where the file is not the one that was hashed: its rows would carry another's id."""
    if not known.modified_ns:
        return
    try:
        facts = path.stat()
    except OSError as error:
        raise MediaError(Reason.MISSING, f"{path.name} went away while it was read") from error
    if (facts.st_size, facts.st_mtime_ns) != (known.size_bytes, known.modified_ns):
        raise MediaError(Reason.CHANGED, f"{path.name} was replaced while it was read: ingest it again")


def spans_json(source: SourceVideo) -> str | None:
    """The spans as the `videos` table keeps them; None for the whole video."""
    if not source.spans:
        return None
    return json.dumps([[span.start_s, span.end_s] for span in source.spans])


def known_spans(spans: str | None) -> frozenset[tuple[float, float]] | None:
    """The spans back from their column, to be compared; None for the whole video."""
    if spans is None:
        return None
    return frozenset((start_s, end_s) for start_s, end_s in json.loads(spans))


def join(outcomes: Sequence[Outcome]) -> Outcome:
    """All rows and media, and the sum of the counts."""
    media = tuple(part for outcome in outcomes for part in outcome.media)
    counts = sum((outcome.counts for outcome in outcomes), Counts())
    clips, sounds = (_joined([getattr(each, name) for each in outcomes]) for name in ("clips", "sounds"))
    return Outcome(clips, media, counts, sounds)


def sounds_of(outcome: Outcome, slots: Slots, reads: tuple[str, ...]) -> pa.Table:
    """What an annotator elsewhere is given of these clips: their sound, and the columns of the slots it reads.

    slots: that such annotators have filled already.
    """
    assert outcome.clips is not None
    assert outcome.sounds is not None
    schema, heard = sounds_schema(reads), outcome.sounds
    known = [name for name in schema.names if name != "audio"]
    rows = rows_of(merged(outcome.clips, slots).select(known), heard["clip_id"])
    columns = [heard[name] if name == "audio" else rows[name] for name in schema.names]
    return pa.table(columns, schema=schema)


def _joined(tables: Sequence[pa.Table | None]) -> pa.Table | None:
    there = [table for table in tables if table is not None]
    return pa.concat_tables(there) if there else None


def quarantined_clips(lake: Lake, clip_ids: Iterable[str]) -> set[str]:
    """Those of the clips that the lake holds as quarantined."""
    wanted = sorted(clip_ids)
    if not wanted:
        return set()
    sql = f"{is_in('clip_id', wanted)} AND {is_in('reason', sorted(QUARANTINE_REASONS))}"
    return set(lake.table("clips").to_table(columns=["clip_id"], filter=sql)["clip_id"].to_pylist())


@cache
def _annotator(place: AnnotatorPlace) -> Annotator:
    return place.load()


def _facts(values: dict[str, Any]) -> dict[str, Any]:
    facts, n_frames, duration_s = values["facts"], values["n_frames"], values["duration_s"]
    names = ("container", "video_codec", "audio_codec", "width_px", "height_px", "rotation_deg")
    rate_hz = n_frames / duration_s if duration_s else None
    return {name: facts[name] for name in names} | {
        "n_frames": n_frames,
        "duration_s": duration_s,
        "rate_hz": rate_hz,
    }


def _costs(reply: Reply) -> Costs:
    return Costs.from_dict(reply.values["costs"])
