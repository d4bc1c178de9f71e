"""The report as one HTML page: charts, words and sheets put into the template, everything else escaped."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from datasets.reasons import FILTER_REASONS, QUARANTINE_REASONS
from flows.report.charts import Axis, Series, histogram, linear_axis, log_axis
from flows.report.data import FILTERED, KEPT, MAX_LISTED, Overview, Run
from flows.report.measures import Distributions
from flows.report.sheet import Sheet
from flows.report.words import REASONS, words_for

_SCORES = (
    # key, label, unit, digits
    ("face_height_px", "face height", "px", 0),
    ("hand_visibility", "hand visibility", "", 2),
    ("people", "people", "", 1),
    ("sharpness", "sharpness", "", 0),
    ("scale", "enlarged", "×", 2),
    ("speech_track", "sound", "", 2),
)


def page(overview: Overview, sheets: Iterable[Sheet], *, drawn: int, made_at: datetime) -> Iterator[str]:
    """The page in pieces, each sheet made when its place is reached; `drawn` is how many there will be."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        number=_number,
        percent=_percent,
        significant=_significant,
        duration=_duration,
        clock=_clock,
        name=_file_name,
        short_id=_short_id,
        instant=_instant,
    )
    source = files("flows.report").joinpath("page.html.jinja").read_text(encoding="utf-8")
    script = files("flows.report").joinpath("page.js").read_text(encoding="utf-8")
    style = files("flows.report").joinpath("page.css").read_text(encoding="utf-8")
    return environment.from_string(source).generate(
        overview=overview,
        sheets=sheets,
        drawn=drawn,
        made_at=made_at,
        charts=_charts(overview.distributions),
        accounts=_accounts(overview),
        runs=[(run, run_sentence(run)) for run in overview.runs],
        limits=_limits(overview.runs),
        scores=_SCORES,
        words=words_for,
        legend=[
            (title, [REASONS[reason] for reason in REASONS if reason in group])
            for title, group in (("Filtered", FILTER_REASONS), ("Quarantined", QUARANTINE_REASONS))
        ],
        max_listed=MAX_LISTED,
        style=Markup(style),
        script=Markup(script),
        script_hash=_script_hash(script),
        markup=Markup,
    )


_FORGOTTEN = ("forgotten",)  # told only where there are any


def run_sentence(run: Run) -> str:
    """The counts of a run as one line, both sums written out where the run recorded them."""
    parts = []
    for noun, outcomes in (
        (
            "videos",
            ("ingested", "known", "quarantined", *_FORGOTTEN[: bool(run.counts.get("videos_forgotten"))]),
        ),
        ("clips", ("kept", "filtered", "quarantined", "known")),
    ):
        if isinstance(total := run.counts.get(noun), int):
            terms = [(run.counts.get(f"{noun}_{outcome}", 0), outcome) for outcome in outcomes]
            parts.append(f"{total} {noun} = " + " + ".join(f"{n} {outcome}" for n, outcome in terms))
    return "; ".join(parts) or "no counts"


def _accounts(overview: Overview) -> list[dict[str, Any]]:
    """The sums of the whole lake, and whether they hold."""
    sums = (
        ("videos", overview.videos, ("ingested", "quarantined", *_FORGOTTEN[: overview.videos["forgotten"]])),
        ("clips", overview.clips, ("kept", "filtered", "quarantined")),
    )
    return [
        {
            "noun": noun,
            "total": counts["total"],
            "terms": [(counts[outcome], outcome) for outcome in outcomes],
            "holds": counts["total"] == sum(counts[outcome] for outcome in outcomes),
        }
        for noun, counts, outcomes in sums
    ]


def _limits(runs: Iterable[Run]) -> dict[str, Any]:
    """The thresholds of `keep` that the newest run with any was started with."""
    for run in runs:
        thresholds = run.params.get("thresholds")
        if isinstance(thresholds, dict) and thresholds:
            return thresholds
    return {}


def _charts(measured: Distributions) -> list[dict[str, str | Markup]]:
    """Title, note and SVG of every histogram."""
    length = linear_axis("clip length (s)", [measured.length_s], bins=24, top=_top(measured.length_s, 12.0))
    confidence = linear_axis("mean confidence (0 to 1)", [], bins=20, top=1.0)
    shares = linear_axis("frames measured (share)", [], bins=20, top=1.0)
    speed = linear_axis("wrist speed (m/s)", [measured.speed])
    variance = log_axis("wrist variance (m²)", [measured.variance])
    face = linear_axis("face height (px of 704)", [measured.face_height_px])
    visible = linear_axis("hand visibility (0 to 1)", [], bins=20, top=1.0)
    return [
        _chart(
            "Clip length", "One clip is at most 12 s.", length, _by_state(measured, measured.length_s), True
        ),
        _chart(
            "Hand confidence",
            "Calibrated, mean over a clip's measured frames.",
            confidence,
            _by_side(measured.confidence),
        ),
        _chart(
            "Frames measured",
            "Share of a clip's frames in which the mask shows the hand as measured.",
            shares,
            _by_side(measured.measured),
        ),
        _chart("Wrist speed", "Mean over measured frames.", speed, _by_side(measured.speed)),
        _chart(
            "Wrist variance",
            "Trace of the covariance of the wrist's position; log axis.",
            variance,
            _by_side(measured.variance),
        ),
        _chart(
            "Face height",
            "Of the speaker, in clip pixels.",
            face,
            _by_state(measured, measured.face_height_px),
            True,
        ),
        _chart(
            "Hand visibility",
            "Share of wrists inside the crop.",
            visible,
            _by_state(measured, measured.hand_visibility),
            True,
        ),
        _chart(
            "Mouth with sound",
            "How sure it is that the person in the picture is the one who speaks.",
            linear_axis("score (0 to 1)", [], bins=20, top=1.0),
            _by_state(measured, measured.speaker_score),
            True,
        ),
    ]


def _chart(title: str, note: str, axis: Axis, series: list[Series], stacked: bool = False) -> dict[str, Any]:
    values = np.concatenate([one.values for one in series])
    beyond = int(np.sum(values[np.isfinite(values)] > axis.edges[-1]))
    if beyond:
        note += f" {beyond} beyond the axis, in the last bar."
    return {
        "title": title,
        "note": note,
        "series": series,
        "svg": Markup(histogram(axis, series, stacked=stacked)),
    }


def _by_state(measured: Distributions, values: np.ndarray) -> list[Series]:
    return [Series(state, state, values[measured.state == state]) for state in (KEPT, FILTERED)]


def _by_side(values: np.ndarray) -> list[Series]:
    return [Series(side, side, values[:, i]) for i, side in enumerate(("left", "right"))]


def _top(values: np.ndarray, least: float) -> float:
    """The axis of clip lengths: 12 s, or further where an unsplit shot is longer."""
    finite = values[np.isfinite(values)]
    return max(least, float(np.ceil(finite.max()))) if finite.size else least


def _script_hash(script: str) -> str:
    """For the page's content security policy: no other script may run, whatever a file is named."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _number(value: float | None, digits: int = 0) -> str:
    """A number with thin separators, or a dash for what is null."""
    return "–" if value is None or not np.isfinite(value) else f"{value:,.{digits}f}".replace(",", "\u202f")


def _percent(share: float | None) -> str:
    return "–" if share is None or not np.isfinite(share) else f"{100 * share:.0f} %"


def _significant(value: float | None) -> str:
    """Two significant digits, for quantities that span decades."""
    return "–" if value is None or not np.isfinite(value) else f"{value:.2g}"


def _duration(hours: float) -> str:
    """Hours where there are any, else minutes or seconds."""
    for unit, size_h in (("h", 1.0), ("min", 1 / 60)):
        if hours >= size_h:
            return f"{hours / size_h:,.1f} {unit}"
    return f"{hours * 3600:.1f} s"


def _clock(seconds: float) -> str:
    """1:02:03.45 or 2:03.45: a place in a video."""
    minutes, rest = divmod(round(seconds * 100), 6000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest // 100:02d}.{rest % 100:02d}"


def _file_name(uri: str) -> str:
    """The last part of a path or address."""
    return uri.rstrip("/").rsplit("/", 1)[-1] or uri or "(no name)"


def _short_id(identifier: str) -> str:
    return identifier[:10]


def _instant(at: datetime | None) -> str:
    return "–" if at is None else at.strftime("%Y-%m-%d %H:%M:%S") + " UTC"
