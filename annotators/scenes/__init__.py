"""Where shots begin and end, and the spans of them that become clips."""

from annotators.scenes.cutter import LONG_SIDE_PX, SceneCutter, Shot, Transition
from annotators.scenes.params import SceneParams
from annotators.scenes.spans import Span, split_shots

__all__ = ["LONG_SIDE_PX", "SceneCutter", "SceneParams", "Shot", "Span", "Transition", "split_shots"]
