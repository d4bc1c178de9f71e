"""The small lake of the report's tests: two kept clips with known hands, made by the run r1."""

from tests.flows.report.conftest import clip_mp4, small_lake

__all__ = ["clip_mp4", "small_lake"]
