"""What a run put into quarantine, by reason: what that means, what to do, where the files are, how to try again."""

import json
import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby
from urllib.parse import quote

from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from datasets.counts import is_in
from datasets.quarantine import Quarantined, quarantined
from flows.report.words import words_for
from flows.run_page.publish import Artifact, Page
from flows.run_page.text import link, plain

KEY = "quarantine"
RETRY = "quarantine-retry/quarantine-retry"
MOST_LISTED = 25  # of one reason
_MOST_DETAIL = 300  # characters


def quarantine(page: Page) -> Artifact | None:
    """The piece of a run's page; where nothing is in quarantine, a sentence."""
    if page.run is None:
        return None
    rows = quarantined(page.lake, where=is_in("run_id", [page.run.run_id]))
    whole = page.lake.table("videos").count_rows("status = 'quarantined'")
    text = "\n\n".join(paragraphs(rows, whole, page.lake.uri))
    return Artifact(KEY, text, "What could not be read or made", is_empty=not rows)


def paragraphs(rows: Sequence[Quarantined], videos_in_lake: int, lake_uri: str) -> Iterator[str]:
    """Markdown. videos_in_lake: quarantined ones, of all runs."""
    ordered = sorted(rows, key=lambda row: (row.reason, row.kind, row.uri))
    by_reason = {reason: list(some) for reason, some in groupby(ordered, key=lambda row: row.reason)}
    if not rows:
        yield "Nothing of this run is in quarantine."
    else:
        yield f"{_number(rows)} of this run could not be read or made."
        yield _summary(by_reason)
    here = sum(row.kind == "video" for row in rows)
    if videos_in_lake > here:
        yield (
            f"{videos_in_lake - here} more videos are in the lake's quarantine, put there by other runs:"
            f" `emo2 quarantine list --lake {_shell(lake_uri)}` names them."
        )
    for reason, some in by_reason.items():
        yield f"### {words_for(reason).label}: {_number(some)}"
        yield _listed(some, lake_uri)
    if rows or videos_in_lake:
        yield from _again(sorted(by_reason), lake_uri)


def _summary(by_reason: dict[str, list[Quarantined]]) -> str:
    lines = ["| Reason | How many | What it means | What to do |", "|---|---|---|---|"]
    for reason, some in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        words = words_for(reason)
        cells = (plain(words.label), _number(some), plain(words.meaning), plain(words.remedy))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _listed(rows: Sequence[Quarantined], lake_uri: str) -> str:
    lines = ["| What | Where | Detail |", "|---|---|---|"]
    lines += [f"| {row.kind} | {link(row.uri)} | {_detail(row)} |" for row in rows[:MOST_LISTED]]
    if len(rows) > MOST_LISTED:
        command = f"emo2 quarantine list --lake {_shell(lake_uri)} --reason {rows[0].reason} --json"
        lines += ["", f"and {len(rows) - MOST_LISTED} more: `{command}` prints all"]
    return "\n".join(lines)


def _detail(row: Quarantined) -> str:
    detail = " ".join((row.detail or "").split())
    return plain(detail if len(detail) <= _MOST_DETAIL else detail[: _MOST_DETAIL - 1] + "…")


def _again(reasons: Sequence[str], lake_uri: str) -> Iterator[str]:
    """How to try them once more: in the UI, then in a terminal."""
    parameters = {"config": {"lake": lake_uri, "reasons": list(reasons)}}
    yield "### Try them again"
    deployment = _deployment_id()
    form = "the deployment `quarantine-retry`"
    if deployment:
        # The UI reads the parameter decoded once by its router and once by itself.
        filled = quote(quote(json.dumps(parameters), safe=""), safe="")
        form = (
            f"[the form of quarantine-retry](</deployments/deployment/{deployment}/run?parameters={filled}>)"
        )
    yield f"Once the cause is mended, run {form} with these parameters:"
    yield f"```json\n{json.dumps(parameters, indent=2)}\n```"
    options = "".join(f" --reason {reason}" for reason in reasons)
    yield f"or, in a terminal, `emo2 quarantine retry --lake {_shell(lake_uri)}{options}`."


def _deployment_id() -> str | None:
    """Of the deployment that tries again; None where this server has none."""
    with get_client(sync_client=True) as client:
        try:
            return str(client.read_deployment_by_name(RETRY).id)
        except ObjectNotFound:
            return None


def _number(rows: Sequence[Quarantined]) -> str:
    """In words: "2 videos and 1 clip"."""
    kinds = ("video", "clip")
    counted = {kind: sum(row.kind == kind for row in rows) for kind in kinds}
    return " and ".join(f"{n} {kind}{'s' * (n != 1)}" for kind, n in counted.items() if n)


def _shell(uri: str) -> str:
    return shlex.quote(uri).replace("`", "'")
