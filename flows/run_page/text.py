"""Names, addresses and details that came from outside, made safe to stand in markdown."""

import html
import re
from pathlib import Path
from urllib.parse import quote

_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
_USER = re.compile(r"(?<=://)[^/?#]*@")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LINKED = ("http://", "https://", "file://")


def plain(text: str | None) -> str:
    """The text as it is, on one line: neither HTML nor markdown."""
    return _SPECIAL.sub(r"\\\1", html.escape(" ".join((text or "").split()), quote=False))


def without_credentials(uri: str) -> str:
    """The address without user, password and query, in which signatures stand; a path stays as it is."""
    if not _SCHEME.match(uri):
        return uri
    return _USER.sub("", uri).partition("?")[0].partition("#")[0]


def link(uri: str | None) -> str:
    """The address, and a link to it where it is a file or on the web.

    The address is no text of the link, since the UI shows a link's text without reading its escapes.
    """
    shown = without_credentials(uri or "")
    target = Path(shown).as_uri() if Path(shown).is_absolute() else shown
    if not target.startswith(_LINKED):
        return plain(shown) or "-"
    return f"{plain(shown)} ([open](<{quote(target, safe='/:%~?=&@+,;')}>))"


def last_name(uri: str) -> str:
    """The file, folder or bucket that an address ends in."""
    parts = [part for part in re.split(r"[/\\]+", without_credentials(uri)) if part not in ("", ".", "..")]
    return parts[-1] if parts else ""
