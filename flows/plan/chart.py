"""Wall time over the number of nodes, as inline SVG; colours come from the page's classes."""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from flows.plan.forecast import Limit, Plan, bottleneck, wall
from flows.plan.words import duration

WIDTH, HEIGHT = 760, 340  # user units; the page scales the drawing to its column
LEFT, RIGHT, TOP, BOTTOM = 66, 96, 16, 44
CSS: dict[Limit, str] = {"CPU": "cpu", "GPU": "gpu", "storage": "storage"}
_LEAST_NODES, _TIMES_ASKED = 16, 4  # the axis reaches so many nodes, and so many times those asked for
_POINTS = 40
_NICE = (1, 2, 5)


def node_counts(nodes: int) -> list[int]:
    """Whole numbers even in log, from one node to well beyond those asked for, which are among them."""
    most = max(_LEAST_NODES, _TIMES_ASKED * nodes)
    spread = np.geomspace(1, most, _POINTS).round().astype(int)
    return sorted({*spread.tolist(), nodes})


def wall_over_nodes(plan: Plan) -> str:
    """An `<svg>`: each limit's hours over the nodes, the wall that they make, and the point asked for."""
    nodes = node_counts(plan.config.nodes)
    walls = [_wall(plan, count) for count in nodes]
    hours = [limit for one in walls for limit in one.values() if limit > 0]
    scale = _Scale(nodes[-1], min(hours), max(hours))
    body = [scale.grid()]
    for limit in plan.wall:
        points = [scale.at(count, one[limit]) for count, one in zip(nodes, walls, strict=True) if one[limit]]
        if points:
            body.append(_line(points, f"limit {CSS[limit]}"))
            body.append(_label(points[-1], limit))
    body.append(_line([scale.at(n, max(one.values())) for n, one in zip(nodes, walls, strict=True)], "wall"))
    body.append(_asked(plan, scale))
    told = f"wall time over nodes: {_summary(plan)}"
    return (
        f'<svg class="plan" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(told)}">'
        f"{''.join(body)}</svg>"
    )


def _wall(plan: Plan, nodes: int) -> dict[Limit, float]:
    config = plan.config.model_copy(update={"nodes": nodes})
    return wall(plan.effort, config, plan.efficiency)


def _summary(plan: Plan) -> str:
    nodes = f"{plan.config.nodes} node{'s' if plan.config.nodes > 1 else ''}"
    return f"{nodes}: {duration(max(plan.wall.values()))}"


class _Scale:
    """Both axes in log; hours span whole steps of 1, 2 and 5."""

    def __init__(self, most_nodes: int, least_h: float, most_h: float):
        self._most_nodes = most_nodes
        ticks = [power * step for power in 10.0 ** np.arange(-12, 13) for step in _NICE]
        first = max(tick for tick in ticks if tick <= least_h)
        last = min(tick for tick in ticks if tick >= most_h)
        self._hours = [tick for tick in ticks if first <= tick <= max(last, 2 * first)]

    def at(self, nodes: float, hours: float) -> tuple[float, float]:
        """Where this many nodes and hours stand, in user units."""
        across = np.log(nodes) / np.log(self._most_nodes)
        up = np.log(hours / self._hours[0]) / np.log(self._hours[-1] / self._hours[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def grid(self) -> str:
        """Lines and ticks of both axes."""
        base, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        parts = []
        for hours in _thinned(self._hours):
            _, y = self.at(1, hours)
            parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>')
            parts.append(f'<text class="tick y" x="{LEFT - 8}" y="{y + 4:.1f}">{duration(hours)}</text>')
        for nodes in _whole_ticks(self._most_nodes):
            x, _ = self.at(nodes, self._hours[0])
            parts.append(f'<path class="baseline" d="M{x:.1f} {base}v5"/>')
            parts.append(f'<text class="tick x" x="{x:.1f}" y="{base + 18}">{nodes}</text>')
        parts.append(f'<path class="baseline" d="M{LEFT} {base}H{right}"/>')
        middle = (LEFT + right) / 2
        return "".join(parts) + f'<text class="axis" x="{middle:.0f}" y="{HEIGHT - 6}">nodes</text>'


def _thinned(ticks: Sequence[float]) -> Iterable[float]:
    """At most about eight of them."""
    return ticks[:: max(1, -(-len(ticks) // 8))]


def _whole_ticks(most: int) -> list[int]:
    powers = range(len(str(most)))
    return [step * 10**power for power in powers for step in _NICE if step * 10**power <= most]


def _line(points: Sequence[tuple[float, float]], css: str) -> str:
    path = " ".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    return f'<path class="{css}" d="{path}"/>'


def _label(end: tuple[float, float], limit: Limit) -> str:
    return f'<text class="{CSS[limit]} name" x="{end[0] + 8:.1f}" y="{end[1] + 4:.1f}">{limit}</text>'


def _asked(plan: Plan, scale: _Scale) -> str:
    """The point of the cluster asked for, with its wall time."""
    hours = max(plan.wall.values())
    x, y = scale.at(plan.config.nodes, hours)
    right = x > (WIDTH - RIGHT) * 0.7  # so that the words stay inside
    text = f"{_summary(plan)} ({bottleneck(plan.wall)})"
    anchor = f'text-anchor="{"end" if right else "start"}" x="{x + (-10 if right else 10):.1f}"'
    return (
        f'<circle class="asked" cx="{x:.1f}" cy="{y:.1f}" r="5" data-nodes="{plan.config.nodes}" '
        f'data-hours="{hours:.6g}"/><text class="asked" {anchor} y="{y - 10:.1f}">{escape(text)}</text>'
    )
