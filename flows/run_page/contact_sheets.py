"""Contact sheets of clips that a run made or annotated again: a person sees whether the hands lie on the hands."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import lance
import numpy as np

from datasets.counts import is_in
from datasets.lake import Lake
from flows.report.data import KEPT, ClipRow, DrawnClip, clip_state, read_clips
from flows.report.measures import HandSummary, hand_summaries
from flows.report.sampling import choose_clips
from flows.report.sheet import Picture, Sheet, make_sheet
from flows.report.words import words_for
from flows.report.write import stored_models
from flows.run_page.publish import Artifact, Page, Piece
from flows.run_page.text import plain, without_credentials

KEY = "contact-sheets"
MOST_CLIPS = 12
_FRAMES = 4  # of a clip
_MOST_CHARACTERS = 1_400_000
_MOST_S = 20.0
_AT_ONCE = 4  # clips whose labels and media are in memory
_CANDIDATES = 500  # of a run's clips, drawn at random; the most doubtful are looked for among these
_NONE = "No pictures: this run made no clip that could be drawn."
_COLUMNS = ["clip_id", "video_id", "start_s", "end_s", "n_frames", "keep", "reason", "detail", "hands_model"]
_LEGEND = (
    "Amber is the person's left hand, blue the right. The surface is the stored hand, the more solid the surer it is;"
    " dots are the detector's landmarks, grey where the hand is masked. Where all is right, they lie on the hand."
)


def contact_sheets(run_id_in: str = "run_id") -> Piece:
    """The piece of a run's page. run_id_in: the column of `clips` that says which run made or annotated them."""

    def drawn_clips(page: Page) -> Artifact | None:
        if page.run is None:
            return None
        chosen = is_in(run_id_in, [page.run.run_id])
        try:
            text = "\n\n".join(sheets_markdown(page.lake, chosen, seed=page.run.run_id)) or _NONE
        except Exception as error:  # a picture is no reason to end a run otherwise
            text = f"No pictures: drawing them failed with {plain(f'{type(error).__name__}: {error}'[:300])}."
        description = "Some of this run's clips, with what is stored of them drawn over"
        return Artifact(KEY, text, description, is_empty=text == _NONE)

    return drawn_clips


def sheets_markdown(
    lake: Lake, sql: str, *, seed: str, most_s: float = _MOST_S, most_characters: int = _MOST_CHARACTERS
) -> Iterator[str]:
    """Markdown paragraphs of clips that `sql` chooses, at most MOST_CLIPS and within the limits; none of no clips.

    The same `seed` draws the same clips. Labels and media of the drawn ones alone are read.
    """
    ends_s, left = time.monotonic() + most_s, most_characters
    table = lake.table("clips")
    rows, total = _choose(lake, table, sql, seed)
    if not rows:
        return
    models, drawn = stored_models(rows), []
    for clip in _clips(lake, table, rows):
        text = _clip_markdown(make_sheet(clip, _FRAMES, models))
        if len(text) > left:
            break
        left -= len(text)
        drawn.append(text)
        if time.monotonic() > ends_s:
            break
    yield f"{len(drawn)} of the {total} clips of this run, the most doubtful first, then others at random. {_LEGEND}"
    yield from drawn


def _clips(lake: Lake, table: lance.LanceDataset, rows: Sequence[ClipRow]) -> Iterator[DrawnClip]:
    for start in range(0, len(rows), _AT_ONCE):
        yield from read_clips(lake, table, rows[start : start + _AT_ONCE])


def _choose(lake: Lake, table: lance.LanceDataset, sql: str, seed: str) -> tuple[list[ClipRow], int]:
    """The clips to draw, and how many there are to choose from."""
    ids = table.to_table(columns=["clip_id"], filter=sql)["clip_id"].to_pylist()
    draw = np.random.default_rng(list(seed.encode()))
    some = ids if len(ids) <= _CANDIDATES else [ids[i] for i in draw.permutation(len(ids))[:_CANDIDATES]]
    if not some:
        return [], 0
    candidates = is_in("clip_id", some)
    rows = table.to_table(columns=_COLUMNS, filter=candidates).to_pylist()
    hands = hand_summaries(table, candidates)
    states = np.array([clip_state(row["keep"], row["reason"]) for row in rows], dtype=object)
    doubts = np.array([-1.0 if one is None else one.doubt for one in hands])
    reasons = [row["reason"] for row in rows]
    chosen = choose_clips(states, reasons, doubts, MOST_CLIPS, int(draw.integers(2**31)))
    chosen.sort(key=lambda i: (states[i] != KEPT, -doubts[i]))
    uris = _uris(lake, {rows[i]["video_id"] for i in chosen})
    return [_row(rows[i], states[i], hands[i], uris) for i in chosen], len(ids)


def _uris(lake: Lake, video_ids: set[str]) -> dict[str, str]:
    table = lake.table("videos").to_table(columns=["video_id", "uri"], filter=is_in("video_id", video_ids))
    return {row["video_id"]: row["uri"] or "" for row in table.to_pylist()}


def _row(row: Mapping[str, Any], state: str, hands: HandSummary | None, uris: Mapping[str, str]) -> ClipRow:
    return ClipRow(
        clip_id=row["clip_id"],
        uri=uris.get(row["video_id"]) or row["video_id"] or "",
        dataset=None,
        speaker=None,
        start_s=row["start_s"] or 0.0,
        end_s=row["end_s"] or 0.0,
        n_frames=row["n_frames"] or 0,
        split=None,
        state=state,
        reason=row["reason"],
        detail=row["detail"],
        scores={},
        provenance=(),
        hands=hands,
        hands_model=row["hands_model"],
    )


def _clip_markdown(sheet: Sheet) -> str:
    """A line of words, then the pictures."""
    images = [_image(picture) for picture in (*sheet.frames, *sheet.closeups)]
    if sheet.reference:
        images.append(f'<img src="{sheet.reference}" alt="the stored still">')
    words = [_caption(sheet), *([plain(sheet.note)] if sheet.note else [])]
    return "\n\n".join([". ".join(words), " ".join(images)]).strip()


def _caption(sheet: Sheet) -> str:
    row = sheet.row
    name = PurePosixPath(without_credentials(row.uri)).name or row.uri
    why = "" if row.state == KEPT else f": {words_for(row.reason).label}"
    parts = [f"**{plain(name)}** {row.start_s:.1f} to {row.end_s:.1f} s", plain(row.state + why)]
    if row.state != KEPT and row.detail:
        parts.append(plain(row.detail))
    if sheet.hands is None:
        return ", ".join([*parts, "no labels of hands"])
    sides = zip(("left", "right"), sheet.hands.confidence, strict=True)
    sure = [f"{side} {'not measured' if value is None else f'{value:.2f}'}" for side, value in sides]
    return ", ".join([*parts, f"confidence {' and '.join(sure)}", f"doubt {sheet.hands.doubt:.2f}"])


def _image(picture: Picture) -> str:
    hands = ", ".join(_hand(hand.side, hand.state, hand.confidence) for hand in picture.hands)
    size = f'width="{picture.width_px}" height="{picture.height_px}"'
    return f'<img src="{picture.data_uri}" {size} alt="at {picture.time_s:.2f} s: {hands}">'


def _hand(side: str, state: str, confidence: float) -> str:
    return f"{side} none" if state == "none" else f"{side} {state} {confidence:.2f}"
