"""What a run might have measured, in round numbers."""

from flows.costs import Costs, StageCost
from flows.plan.measured import Measured, SlotSize

# 1000 s of source, of which 400 s were kept: 10,000 frames
COSTS = Costs(
    {
        "survey": StageCost(cpu_s=100, amount=1000),
        "framing": StageCost(cpu_s=10),  # no amount: that of the survey
        "encode": StageCost(cpu_s=36, amount=10_000),
        "load annotators": StageCost(cpu_s=12, amount=2),
        "decode": StageCost(cpu_s=20, amount=10_000),
        "body": StageCost(cpu_s=200, amount=10_000),
        "hands": StageCost(cpu_s=250, amount=5_000),  # on half of the clips
        "motion": StageCost(cpu_s=2, amount=10_000),
    }
)

MEASURED = Measured(
    lake="/lakes/a",
    runs=2,
    costs=COSTS,
    tables={"clip_media": 40_000_000, "clips": 8_000_000, "videos": 1_000},
    kept_frames=20_000,
    source_s=2_000,
    media_bytes=30_000_000,
    slots={
        "body": SlotSize(2_000_000, 20_000),
        "hands": SlotSize(3_000_000, 10_000),
        "motion": SlotSize(400_000, 20_000),
    },
)
