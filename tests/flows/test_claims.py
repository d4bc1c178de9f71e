"""Which videos a run takes on (flows.shard_work.Claims)."""

from datasets.sources.video import SourceSpan, SourceVideo
from flows.shard_work import Claims

WHOLE = SourceVideo(uri="/a.mp4")


def part(*spans: tuple[float, float]) -> SourceVideo:
    return SourceVideo(uri="/a.mp4", spans=tuple(SourceSpan(start_s, end_s) for start_s, end_s in spans))


def test_the_first_to_name_a_video_gets_it_and_a_copy_of_it_is_known():
    claims = Claims({})
    assert claims.take("v1", WHOLE)
    assert not claims.take("v1", SourceVideo(uri="/copy.mp4"))


def test_a_video_in_the_lake_is_known_whatever_became_of_it():
    claims = Claims({"good": ("ingested", None), "bad": ("quarantined", None)})
    assert not claims.take("good", WHOLE)
    assert not claims.take("bad", WHOLE)


def test_a_new_span_of_a_known_video_is_taken_and_joined_to_the_others():
    claims = Claims({"v1": ("ingested", "[[0.0, 4.0]]")})
    assert not claims.take("v1", part((0, 4)))
    assert claims.take("v1", part((6, 9)))
    assert claims.spans("v1") == "[[0.0, 4.0], [6, 9]]"


def test_the_whole_video_covers_any_span():
    claims = Claims({"v1": ("ingested", None)})
    assert not claims.take("v1", part((0, 4)))
