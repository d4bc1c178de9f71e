"""Prints the confusions of docs/style.md, of sixty clips of each kind that no number of the rule was chosen on.

`.venv/bin/python -m tests.annotators.style.table` takes two minutes.
"""

from collections import Counter

from annotators.style.annotator import StyleParams, evidence
from datasets.style import STYLES
from tests.annotators.style.clips import KINDS, style_clip

SEEDS = range(5000, 5060)
_COLUMNS = (*STYLES, None)


def main() -> None:
    params = StyleParams()
    for kind, (style, _) in KINDS.items():
        counts = {True: Counter[str | None](), False: Counter[str | None]()}
        for seed in SEEDS:
            _, columns = style_clip(kind, seed)
            for speech, counted in counts.items():
                known = columns if speech else {**columns, "speech_ratio": None}
                counted[evidence(known, params).style(params.rule)[0]] += 1
        cells = [f"{counts[True][each]} ({counts[False][each]})" for each in _COLUMNS]
        print(f"| {kind} | {style or 'none'} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
