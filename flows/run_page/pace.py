"""How fast a run goes, from what came of late: results come in bursts, and the first ones late."""

import time
from collections import deque
from collections.abc import Callable

_WINDOW_S = 180.0
_WINDOW_STEPS = 20  # where work is slow, the window reaches back until it holds so many
_LEAST_S, _LEAST_STEPS = 15.0, 4  # until then nothing can be told


class Pace:
    """How fast one amount grows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        """clock: seconds."""
        self._clock = clock
        self._seen: deque[tuple[float, float]] = deque()  # when, and the amount from then on
        self.amount = 0.0

    def add(self, more: float) -> None:
        """The amount grows now; the time of the first growth is the one that counting starts from."""
        self.amount += more
        now_s = self._clock()
        self._seen.append((now_s, self.amount))
        while len(self._seen) > _WINDOW_STEPS + 1 and self._seen[1][0] < now_s - _WINDOW_S:
            self._seen.popleft()

    def per_s(self) -> float | None:
        """Of late; None where too little was seen."""
        if len(self._seen) <= _LEAST_STEPS:
            return None
        since_s, before = self._seen[0]
        seconds, grown = self._clock() - since_s, self.amount - before
        return grown / seconds if seconds >= _LEAST_S and grown > 0 else None


def rate_words(per_s: float) -> str:
    """A rate of clips, with two digits that count: "1.3 clips a second", "4.2 clips a minute"."""
    if per_s >= 0.1:
        return f"{_two_digits(per_s)} clips a second"
    return f"{_two_digits(60 * per_s)} clips a minute"


def left_words(seconds: float) -> str:
    """A time that is left, as roughly as it is known: "about 2 h 10 min left"."""
    if seconds < 60:
        return "less than a minute left"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min left"
    hours, minutes = divmod(10 * round(seconds / 600), 60)
    if hours >= 48:
        return f"about {round(seconds / 86400)} days left"
    return f"about {hours} h {minutes} min left" if minutes else f"about {hours} h left"


def _two_digits(number: float) -> str:
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"
