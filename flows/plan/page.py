"""A plan as one HTML page that loads nothing from elsewhere, in the report's style."""

from datetime import datetime
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from flows.plan.chart import wall_over_nodes
from flows.plan.forecast import Plan, bottleneck
from flows.plan.measured import Measured
from flows.plan.words import assumptions, duration, hours, size


def plan_page(plan: Plan, measured: Measured, *, made_at: datetime) -> str:
    """The page's text."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(duration=duration, hours=hours, size=size)
    source = files("flows.plan").joinpath("page.html.jinja").read_text(encoding="utf-8")
    style = files("flows.report").joinpath("page.css").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        plan=plan,
        measured=measured,
        made_at=made_at,
        chart=Markup(wall_over_nodes(plan)),
        longest=max(stage.effort.core_h for stage in plan.stages),
        bottleneck=bottleneck,
        assumptions=assumptions(plan),
        style=Markup(style),
    )
