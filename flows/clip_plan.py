"""What is known of a clip before its frames are read at full size: its span, its crop and its scores."""

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict

from datasets.frame import CropBox
from datasets.reasons import Reason


class ClipPlan(BaseModel):
    """One span of one video; travels between processes as JSON, so that no frame ever has to."""

    model_config = ConfigDict(frozen=True)

    clip_id: str
    video_id: str
    start_s: float
    end_s: float
    start_frame: int
    end_frame: int
    n_frames: int
    crop: CropBox | None = None
    people: float | None = None
    face_height_px: float | None = None
    hand_visibility: float | None = None
    sharpness: float | None = None
    scale: float | None = None
    speech_track: float | None = None
    reason: Reason | None = None
    detail: str | None = None

    def rejected(self, reason: Reason, detail: str | None = None) -> "ClipPlan":
        """The same plan, marked as not kept."""
        return self.model_copy(update={"reason": reason, "detail": detail})

    def columns(self) -> dict[str, Any]:
        """The plan's part of a `clips` row."""
        row = {name: getattr(self, name) for name in type(self).model_fields}
        row["crop"] = asdict(self.crop) if self.crop else None
        row["keep"] = self.reason is None
        row["reason"] = self.reason.value if self.reason else None
        return row


def batches(plans: list[ClipPlan], max_frames: int) -> list[list[ClipPlan]]:
    """Consecutive plans of one video grouped for one forward pass of its decoder, at most `max_frames` each.

    A plan longer than `max_frames` gets a batch of its own.
    """
    grouped: list[list[ClipPlan]] = []
    room = 0
    for plan in sorted(plans, key=lambda plan: plan.start_s):
        if not grouped or plan.n_frames > room:
            grouped.append([])
            room = max_frames
        grouped[-1].append(plan)
        room -= plan.n_frames
    return grouped
