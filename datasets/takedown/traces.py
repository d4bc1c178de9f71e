"""Where a video's address and its clips' ids stand in text, such as the parameters of a run, and taking them out."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

GONE = "[forgotten]"
_WORD = re.compile(r"[\w-]+")
_FROM_HERE = re.compile(r"(?:~/|\.{1,2}/)+")  # how a person begins a path to a file near by


@dataclass(frozen=True)
class Traces:
    """What must not stand anywhere."""

    addresses: frozenset[str]  # whole: a folder that held the video says nothing about it
    clip_ids: frozenset[str]

    def removed(self, text: str | None) -> str | None:
        """The text, or JSON, without them; unchanged where there are none."""
        if not text:
            return text
        try:
            value = json.loads(text)
        except ValueError:
            return self._cleaned(text)
        cleaned = self._walked(value)
        return text if cleaned == value else json.dumps(cleaned)

    def _walked(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._cleaned(name): self._walked(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._walked(item) for item in value]
        return self._cleaned(value) if isinstance(value, str) else value

    def _cleaned(self, text: str) -> str:
        if any(_is_path_to(address, text) for address in self.addresses):
            return GONE
        for address in self.addresses:
            text = text.replace(address, GONE)
        return _WORD.sub(lambda word: GONE if word[0] in self.clip_ids else word[0], text)


def checkpoints(texts: Sequence[str | None]) -> list[str]:
    """Every value under a name with "checkpoint" in it, in the JSON of a run."""
    return sorted({path for text in texts if text for path in _checkpoints(json.loads(text), False)})


def _checkpoints(value: Any, named: bool) -> list[str]:
    if isinstance(value, dict):
        parts = [_checkpoints(item, named or "checkpoint" in name.lower()) for name, item in value.items()]
        return [path for part in parts for path in part]
    if isinstance(value, list):
        return [path for item in value for path in _checkpoints(item, named)]
    return [value] if named and isinstance(value, str) and value else []


def _is_path_to(address: str, text: str) -> bool:
    """Whether the text is this address as somebody typed it: as a file URI, or from another folder."""
    if text.startswith("file://"):
        return unquote(urlsplit(text).path) == address
    near = _FROM_HERE.sub("", text, count=1)
    return bool(near) and (text == address or address.endswith(f"/{near}"))
