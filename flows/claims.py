"""Which videos a run works on: taken in the ledger, so that no two runs, and no two shards, work on one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from datasets.identity import params_hash
from datasets.lake import Lake
from datasets.locks.commit_lock import committing
from datasets.sources.video import SourceVideo
from flows.ledger import live_runs
from flows.shard_ledger import ShardRow, put_shards, shard_rows
from flows.work import Identity, known_spans, spans_json

Spans = frozenset[tuple[float, float]] | None  # None: the whole video


@dataclass(frozen=True)
class Found:
    """A video of the source and the bytes it holds."""

    source: SourceVideo
    identity: Identity


@dataclass(frozen=True)
class Taken:
    """What became of the videos a shard asked for; together they are all it asked for."""

    mine: tuple[Found, ...] = ()
    known: int = 0  # in the lake already, or named twice by the source
    forgotten: int = 0  # taken down: they must not come back
    busy: tuple[Found, ...] = ()  # another run has them in hand
    shard: ShardRow | None = None  # the row that claims `mine`; None where nothing is


class Wanted:
    """The spans known of each video, in the lake or taken by this run: whether a source holds anything new."""

    def __init__(self, known: Mapping[str, tuple[str, str | None]] | None = None, *, retry: bool = False):
        """known: video_id -> (status, spans); retry: all that is known is to be worked on once more."""
        self._retry = retry
        self._statuses: dict[str, str] = {}
        self._spans: dict[str, Spans] = {}
        self.learn(known or {})

    def learn(self, known: Mapping[str, tuple[str, str | None]]) -> None:
        """What the lake holds by now; what this run has taken stays as it is."""
        for video_id, (status, spans) in known.items():
            self._statuses[video_id] = status
            if not self._retry:
                self._spans.setdefault(video_id, known_spans(spans))

    def is_forgotten(self, video_id: str) -> bool:
        return self._statuses.get(video_id) == "forgotten"

    def add(self, video_id: str, source: SourceVideo) -> bool:
        """Whether the source holds anything new; if so its spans are joined to those known of the video."""
        wanted = known_spans(spans_json(source))
        if video_id in self._spans:
            old = self._spans[video_id]
            if old is None or (wanted is not None and wanted <= old):
                return False
            wanted = None if wanted is None else wanted | old
        self._spans[video_id] = wanted
        return True

    def spans(self, video_id: str) -> str | None:
        """All spans known of a video by now, as the `videos` table keeps them."""
        spans = self._spans[video_id]
        return None if spans is None else json.dumps(sorted(spans))


class Claims:
    """The claims of one run; called from the threads of its shards."""

    def __init__(
        self, lake: Lake, run_id: str, *, flow: str = "ingest", retry: bool = False, config: str = ""
    ):
        """retry: what is known is taken once more; config: what else tells one shard's work from another's."""
        self._lake, self._run_id, self._flow, self._config = lake, run_id, flow, config
        self._wanted = Wanted(retry=retry)
        self._lock = Lock()

    def take(self, found: Sequence[Found]) -> Taken:
        """Claim what nobody has, in one step that no other run can come between."""
        with self._lock, committing(self._lake) as still_ours:
            self._wanted.learn(self._lake.known_videos(each.identity.video_id for each in found))
            taken = self._sorted(found, self._in_other_hands())
            if not taken.mine:
                return taken
            shard = self._shard(taken.mine)
            still_ours()
            put_shards(self._lake, [shard])
            return replace(taken, shard=shard)

    def free(self, busy: Sequence[Found]) -> list[Found]:
        """Those that no other run has in hand any more: it has committed them, or it died."""
        others = self._in_other_hands()
        return [each for each in busy if each.identity.video_id not in others]

    def spans(self, video_id: str) -> str | None:
        """All spans known of a video that this run took, as the `videos` table keeps them."""
        return self._wanted.spans(video_id)

    def _sorted(self, found: Sequence[Found], others: frozenset[str]) -> Taken:
        mine: list[Found] = []
        busy: list[Found] = []
        forgotten = 0
        for each in found:
            if self._wanted.is_forgotten(each.identity.video_id):
                forgotten += 1
            elif each.identity.video_id in others:
                busy.append(each)
            elif self._wanted.add(each.identity.video_id, each.source):
                mine.append(each)
        known = len(found) - len(mine) - len(busy) - forgotten
        return Taken(tuple(mine), known, forgotten, tuple(busy))

    def _in_other_hands(self) -> frozenset[str]:
        """Videos that another run, which is alive, has claimed and not committed."""
        claimed = [row for row in shard_rows(self._lake, state="running") if row.run_id != self._run_id]
        if not claimed:
            return frozenset()
        live = {run["run_id"] for run in live_runs(self._lake, but=self._run_id)}
        return frozenset(video for row in claimed if row.run_id in live for video in row.video_ids)

    def _shard(self, mine: Sequence[Found]) -> ShardRow:
        video_ids = tuple(sorted({each.identity.video_id for each in mine}))
        what = {"flow": self._flow, "config": self._config, "videos": [(v, self.spans(v)) for v in video_ids]}
        return ShardRow(params_hash(what), self._run_id, self._flow, "running", video_ids)
