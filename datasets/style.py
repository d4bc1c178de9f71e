"""What a clip shows, as the paper's style embedding tells it apart (section 3.3)."""

from typing import Final, Literal, get_args

Style = Literal["speaking", "singing", "gesture_dance"]
STYLES: Final[tuple[Style, ...]] = get_args(Style)

# SQL over `clips`: what the source or a person said goes before what the rule takes it for.
STYLE_SQL: Final = "COALESCE(style_told, style_guess)"
