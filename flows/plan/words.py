"""Numbers of a plan as people read them."""

from collections.abc import Mapping

from datasets.frame import CLIP_RATE_HZ
from flows.plan.forecast import ASSUMED_EFFICIENCY, Limit, Plan, bottleneck


def duration(hours: float) -> str:
    """Three digits or fewer, in seconds, minutes, hours or days."""
    for unit, size_h, from_h in (("d", 24.0, 96.0), ("h", 1.0, 1.0), ("min", 1 / 60, 1 / 60)):
        if hours >= from_h:
            return f"{_digits(hours / size_h)} {unit}"
    return f"{_digits(hours * 3600)} s"


def size(count: float) -> str:
    """Bytes in the largest unit that leaves a digit before the point."""
    for unit, bytes_ in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= bytes_:
            return f"{_digits(count / bytes_)} {unit}"
    return f"{count:.0f} B"


def hours(value: float) -> str:
    """Core-hours: whole where they are many."""
    return _digits(value)


def headline(plan: Plan) -> str:
    """The corpus in one line."""
    share = plan.kept_h / plan.source_h
    frames = plan.kept_h * 3600 * CLIP_RATE_HZ / 1e6
    return (
        f"{hours(plan.source_h)} h of source video, {hours(plan.kept_h)} h kept ({100 * share:.0f} %), "
        f"{frames:.3g} M clip frames"
    )


def wall_sentence(limits: Mapping[Limit, float]) -> str:
    """The wall time and what makes it."""
    return f"{duration(max(limits.values()))}, limited by the {bottleneck(limits)}"


def assumptions(plan: Plan) -> list[str]:
    """What the plan takes for granted, a sentence each."""
    share = f"{100 * plan.efficiency:.0f} %"
    told = {
        "given": f"Stages get {share} of the cores' time, as given.",
        "measured": f"Stages get {share} of the cores' time, as in the runs measured.",
        "assumed": f"Stages get {100 * ASSUMED_EFFICIENCY:.0f} % of the cores' time: assumed, since the runs"
        " measured held less than a core-hour; set --efficiency.",
    }
    return [
        "Time grows with seconds of source or with clip frames, as measured: video unlike it takes another time.",
        told[plan.efficiency_from],
        f"The store takes {plan.config.store_mb_s:g} MB/s from all nodes together; set --store-mb-s.",
        "The three limits overlap, so the longest is the wall time; waiting for the last clip is not in it.",
    ]


def _digits(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.3g}" if value >= 1 or value == 0 else f"{value:.2g}"
