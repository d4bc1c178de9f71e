"""A video's way through an ingest without Ray (flows.work), where its file does not hold still."""

import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from datasets.lake import Lake
from datasets.media.errors import MediaError
from datasets.media.guard import Guard, Reply
from datasets.reasons import Reason
from datasets.sources.video import SourceVideo
from flows.accounting import Counts
from flows.clip_plan import ClipPlan
from flows.costs import Costs
from flows.ingest_config import IngestConfig
from flows.isolated.choice import place_of
from flows.isolated.route import Route
from flows.rows import clip_table, media_table, merge_media
from flows.work import Identity, VideoWork
from tests.flows.own_isolated import SpeechElsewhere


class DyingGuard(Guard):
    """A guard whose child dies at the first `deaths` calls, and whose calls then find an unreadable file."""

    def __init__(self, deaths: int):
        super().__init__(deadline_s=1, memory_bytes=1)
        self.deaths, self.calls = deaths, 0

    def call(self, function: str, request: dict, *, deadline_s: float | None = None) -> Reply:
        self.calls += 1
        reason = Reason.CRASHED if self.calls <= self.deaths else Reason.UNREADABLE
        raise MediaError(reason, "as the test has it")


@pytest.fixture
def source(tmp_path) -> SourceVideo:
    (tmp_path / "a.mp4").write_bytes(b"first")
    return SourceVideo(uri=str(tmp_path / "a.mp4"))


def work(tmp_path: Path, guard: Guard) -> VideoWork:
    lake = Lake.open(tmp_path / "lake", create=True)
    return VideoWork(lake, guard, IngestConfig(source="-", lake=lake.uri), "run", tmp_path / "scratch")


def test_a_child_that_dies_once_gets_a_second_chance(tmp_path, source):
    guard = DyingGuard(deaths=1)
    one = work(tmp_path, guard)
    surveyed = one.survey(source, one.identify(source))
    assert (guard.calls, surveyed.video["reason"]) == (2, "unreadable")


def test_a_video_whose_child_dies_twice_is_quarantined_as_crashed(tmp_path, source):
    guard = DyingGuard(deaths=9)
    one = work(tmp_path, guard)
    surveyed = one.survey(source, one.identify(source))
    assert (guard.calls, surveyed.video["reason"]) == (2, "crashed")


def test_a_file_replaced_after_it_was_hashed_is_not_stored_under_the_old_id(tmp_path, source):
    class Replacing(DyingGuard):
        def call(self, function: str, request: dict, *, deadline_s: float | None = None) -> Reply:
            Path(source.uri).write_bytes(b"second, longer")
            return Reply({})

    one = work(tmp_path, Replacing(deaths=0))
    known = one.identify(source)
    surveyed = one.survey(source, known)
    assert surveyed.video["reason"] == "changed"
    assert surveyed.video["video_id"] != known.video_id


def test_a_missing_file_is_known_by_its_address(tmp_path):
    gone = SourceVideo(uri=str(tmp_path / "gone.mp4"))
    one = work(tmp_path, DyingGuard(deaths=0))
    known = one.identify(gone)
    assert known.reason is Reason.MISSING
    assert known == Identity(known.video_id, reason=Reason.MISSING, detail=known.detail)
    assert "gone.mp4 cannot be read: No such file or directory" in (known.detail or "")
    assert one.survey(gone, known).video["status"] == "quarantined"


def test_a_pipe_is_refused_since_it_might_never_end(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    known = work(tmp_path, DyingGuard(deaths=0)).identify(SourceVideo(uri=str(tmp_path / "pipe.mp4")))
    assert known.reason is Reason.UNSUPPORTED
    assert (known.detail or "").endswith("pipe.mp4 is a pipe or a device: name a file")


PLAN = ClipPlan(
    clip_id="c", video_id="v", start_s=0, end_s=2, start_frame=0, end_frame=50, n_frames=50, speech_track=0.9
)
SHORT = PLAN.model_copy(update={"clip_id": "short"}).rejected(Reason.TOO_SHORT)
COSTS = Costs().as_dict()


class MakingGuard(Guard):
    """A guard whose child cuts one short clip, and makes what it is asked for with a score for the speaker."""

    def __init__(self, score: float = 0.9):
        super().__init__(deadline_s=1, memory_bytes=1)
        self.score, self.requests = score, []

    def call(self, function: str, request: dict, *, deadline_s: float | None = None) -> Reply:
        self.requests.append(request)
        if function.endswith("survey"):
            names = ("container", "video_codec", "audio_codec", "width_px", "height_px", "rotation_deg")
            plans = [SHORT.model_dump(mode="json")]
            facts = dict.fromkeys(names)
            return Reply({"facts": facts, "n_frames": 50, "duration_s": 2.0, "plans": plans, "costs": COSTS})
        plans = [ClipPlan.model_validate(plan) for plan in request["plans"]]
        labels = {"speaker_score": pa.array([self.score], pa.float32())}
        stamp = {name: request[name] for name in ("run_id", "split", "style_told")}
        rows = clip_table(plans, [labels] * len(plans), **stamp)
        parts = {"mp4": b"m", "audio": b"f", "reference": b"r", "n_frames": 50}
        media = {plan.clip_id: parts if plan.reason is None else {} for plan in plans}
        return Reply({"costs": COSTS}, merge_media(rows, media_table(media)))


def on_route(one: VideoWork, **route) -> VideoWork:
    return replace(one, route=Route(("body", "speaker"), **route))


def test_the_style_that_the_source_tells_stands_in_every_clip(tmp_path, source):
    dance = replace(source, style="Gesture dance")
    one = work(tmp_path, MakingGuard())
    known = one.identify(dance)
    surveyed, made = one.survey(dance, known), one.make(dance, known, (PLAN,))
    assert surveyed.video["style"] == "Gesture dance"
    for rows in (surveyed.outcome.clips, made.clips):
        assert rows["style_told"].to_pylist() == ["gesture_dance"]
        assert rows["style_told_by"].to_pylist() == ["source"]


@pytest.mark.parametrize(("style", "kept"), [(None, False), ("gesture dance", True)])
def test_a_clip_in_which_somebody_else_speaks_is_judged_as_it_is_made(tmp_path, source, style, kept):
    told = replace(source, style=style)
    one = on_route(work(tmp_path, MakingGuard(score=0.01)))
    made = one.make(told, one.identify(told), (PLAN,))
    (row,) = made.clips.to_pylist()
    assert (row["keep"], row["reason"]) == (kept, None if kept else "not_speaking")
    assert made.media[0].clip_ids == ("c",)  # labels and media stay
    assert Counts.of_clips(made.clips).clips_filtered == int(not kept)


def test_what_cannot_be_filled_says_why_and_the_clip_is_whole(tmp_path, source):
    one = on_route(work(tmp_path, MakingGuard()), left_out={"speech": "it is not built"})
    made = one.make(source, one.identify(source), (PLAN, SHORT))
    assert made.sounds is None
    assert made.clips["speech_reason"].to_pylist() == ["it is not built", None]
    assert one.guard.requests[-1]["annotators"] == ["body", "speaker"]


def test_what_is_heard_elsewhere_travels_with_kept_clips_alone(tmp_path, source):
    elsewhere = place_of(SpeechElsewhere, None)
    one = on_route(work(tmp_path, MakingGuard(score=0.01)), isolated=(elsewhere,))
    known = one.identify(source)
    made = one.make(source, known, (PLAN, SHORT))
    assert made.sounds.to_pylist() == [{"clip_id": "c", "audio": b"f"}]
    assert made.clips["keep"].to_pylist() == [True, False]  # judged when all is there
    whole = one.conclude(made, {"speech": "the process died"})
    assert (whole.sounds, whole.media) == (None, made.media)
    assert whole.clips["reason"].to_pylist() == ["not_speaking", "too_short"]
    assert one.make(source, known, (SHORT,)).sounds is None  # nothing to hear
