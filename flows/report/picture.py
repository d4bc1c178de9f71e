"""A chart of `flows.report.charts` as a picture by itself, for pages that take pictures and no styles."""

import base64

from flows.report.charts import HEIGHT, WIDTH

# On a ground of its own, since nobody tells a picture whether the page around it is dark.
_STYLE = (
    "svg{background:#ffffff}text{fill:#586275;font:11px system-ui,sans-serif}"
    ".tick.x,.axis{text-anchor:middle}.tick.y{text-anchor:end}"
    ".grid{stroke:#dde1e9;fill:none}.baseline{stroke:#586275;fill:none}"
    ".left{fill:#c78500}.right{fill:#1c74d4}.kept{fill:#14796d}.filtered{fill:#97a1b2}"
)


def picture(svg: str) -> str:
    """The chart as a data URI for an `<img>`; its alternative text is the chart's own label."""
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
    whole = svg.replace("<svg ", opening, 1).replace(">", f"><style>{_STYLE}</style>", 1)
    return "data:image/svg+xml;base64," + base64.b64encode(whole.encode()).decode()
