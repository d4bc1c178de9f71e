"""The numbers the cutter decides by; a change of any of them changes the clips' ids."""

from pydantic import BaseModel, ConfigDict, Field


class SceneParams(BaseModel):
    """Where a shot ends. Chosen on spliced and rendered videos like those of the benchmark of cuts.

    `min_ratio` and `min_content` say what AdaptiveDetector proposes, the rest what is kept of it.
    A jump is the change of the thumbnail from one frame to the next, a mean of 8-bit levels; two pictures are
    unlike where their correlation is at most `max_cut_likeness`, as those of two places are, and else alike.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_ratio: float = Field(default=1.5, gt=1, title="Frame change over its neighbours' mean")
    min_content: float = Field(default=3.0, ge=0, le=255, title="Frame change, HSV")
    max_cut_likeness: float = Field(default=0.5, ge=-1, le=1, title="Correlation of unlike pictures")
    min_jump: float = Field(default=3.0, ge=0, le=255, title="Jump at a cut")
    min_jump_alike: float = Field(default=4.2, ge=0, le=255, title="Jump at a cut between alike pictures")
    min_standout: float = Field(default=2.0, gt=1, title="Jump over the second largest step around it")
    min_standout_alike: float = Field(default=2.7, gt=1, title="The same, alike pictures")
    min_onset: float = Field(default=3.0, gt=1, title="Or jump over the largest step on its quieter side")
    min_onset_jump: float = Field(default=30.0, ge=0, le=255, title="Least such jump: hands rush in by less")
    max_return: float = Field(default=0.4, gt=0, le=1, title="Part of its jump that is left after a flash")
    flash_frames: int = Field(default=6, ge=1, le=10, title="Longest flash or drop-out, frames")
    max_flash_likeness: float = Field(default=0.8, ge=-1, le=1, title="Correlation across a flash")
    floor: int = Field(default=12, ge=0, le=255, title="Mean brightness below which a frame is black")
    ceiling: int = Field(default=243, ge=0, le=255, title="Mean brightness from which a frame is white")
    max_blank_contrast: float = Field(default=6.0, ge=0, title="Standard deviation of a blank frame")
    max_blank_frames: int = Field(default=50, ge=1, title="Blank frames from which they are a shot apart")
    min_dissolve: float = Field(default=12.0, ge=0, le=255, title="Change of the thumbnail over a dissolve")
    max_dissolve_residual: float = Field(default=0.2, gt=0, lt=0.5, title="Part of it left over by mixing")
    max_dissolve_likeness: float = Field(default=0.75, ge=-1, le=1, title="Correlation across a dissolve")
    min_dissolve_frames: int = Field(default=3, ge=1, title="Fewest mixed frames of a dissolve")
    min_shot_frames: int = Field(default=5, ge=1, title="Fewest frames between two cuts")
