"""The folders and object-store prefixes that runs may read and write: EMO2_ROOTS of the worker.

Any number of them, separated by a colon, as in "/data:s3://bucket/lakes". Where the variable is not set, a run may
use whatever its user may. What a field of a form names is checked when the run begins, and each video of a source
when it was listed, so neither "..", a link, a glob nor a manifest leads outside.

This keeps mistakes and strange sources from other people's folders. It is no wall against who may use the server:
they can give a run any environment and command (job variables), so the worker's user should have no other rights.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, BaseModel, Field
from pydantic.fields import FieldInfo

from annotators.settings import IsModel
from datasets.errors import UserError
from datasets.sources.folder import GLOB_CHARACTERS

VARIABLE = "EMO2_ROOTS"

_SEPARATOR = re.compile(
    r":(?=/(?!/)|[A-Za-z][A-Za-z0-9+.-]*://)"
)  # the colons of s3://a and hdfs://b:1/ are none
_SIGNED = re.compile(r"(?i)token|signature|secret|password|credential|access_?key|^(sig|key|auth|code)$")


class RootsError(UserError):
    """A place that runs may not use; the sentence never repeats credentials."""


@dataclass(frozen=True)
class IsPlace:
    """Marks a field that names a folder, a file, a glob or an object-store URI."""


def _named(value: str) -> str:
    if not value.strip():
        raise ValueError("it is empty")
    return value


Place = Annotated[str, IsPlace(), Field(title="Path or URI")]  # the title of a tab where None is the other
# A form that starts with an empty address is registered; a run with one is refused. So no `min_length`, which Prefect
# would check already when it registers a deployment without EMO2_LAKE.
LakePlace = Annotated[
    Place,
    AfterValidator(_named),
    Field(
        title="Lake",
        description="Folder or object-store URI of the tables, such as /data/lake or s3://bucket/lake",
    ),
]
Sql = Annotated[str, Field(title="SQL", min_length=1)]


def roots() -> tuple[str, ...]:
    """Where runs may read and write; empty: anywhere."""
    return split_roots(os.environ.get(VARIABLE, ""))


def split_roots(text: str) -> tuple[str, ...]:
    """The parts of such a list, whose addresses hold colons too."""
    return tuple(part.strip() for part in _SEPARATOR.split(text) if part.strip())


def refuse_outside_roots(form: BaseModel) -> None:
    """Raise RootsError for the first of the form's places, nested ones too, that lies outside the roots."""
    for title, name, place in _places(form):
        refuse_outside(place, f"{title} ({name})")


def refuse_outside(place: str, what: str, allowed: tuple[str, ...] | None = None) -> None:
    """Raise RootsError where a place lies outside the roots, or its address holds credentials.

    what: how the sentence calls it, such as "Lake (lake)". A relative path starts at the worker's folder.
    allowed: in place of `roots()`.
    """
    refuse_outside_each([place], what, allowed)


def refuse_outside_each(places: Iterable[str], what: str, allowed: tuple[str, ...] | None = None) -> None:
    """As `refuse_outside`, for the many videos of one source."""
    known = _Roots(roots() if allowed is None else allowed)
    for place in places:
        refuse_credentials(place, what)
        if known.allowed:
            known.refuse(place, what)


def refuse_credentials(place: str, what: str) -> None:
    """Raise RootsError where an address carries a password or a signature, since runs are kept with their values."""
    if any(ord(character) < 32 for character in place):
        raise RootsError(f"{what} cannot be {shown(place)}: it holds a character that no address has")
    if "://" not in place:
        return
    parts = _split(place)
    if parts is None:
        raise RootsError(f"{what} is no address: give a path, or a URI such as s3://bucket/folder")
    keys = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
    if "@" in parts.netloc or any(map(_SIGNED.search, keys)):
        raise RootsError(
            f"{what} cannot be {shown(place)}: an address with a password, key or signature in it would be kept with"
            " the run; leave it out and set credentials in the worker's environment"
        )


def shown(value: object) -> str:
    """A value as a sentence may repeat it: not too long, and without what may be a password."""
    text = re.sub(r"://.*@", "://***@", repr(value))
    text = re.sub(r"(://[^?]*\?)[^=]*=.*", r"\1***", text)
    return text if len(text) <= 120 else f"{text[:117]}..."


class _Roots:
    """The roots, each resolved once."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        self._folders = [_resolved(_path(root)) for root in allowed if _is_local(root)]
        self._addresses = [_address(root) for root in allowed if not _is_local(root)]

    def refuse(self, place: str, what: str) -> None:
        if not (self._holds_path(place, what) if _is_local(place) else self._holds_address(place)):
            raise RootsError(
                f"{what} cannot be {shown(place)}: it lies outside of what runs may use"
                f" ({', '.join(shown(root)[1:-1] for root in self.allowed)}); choose a place inside, or have it added"
                f" to {VARIABLE} of the worker"
            )

    def _holds_path(self, place: str, what: str) -> bool:
        path = _path(place)
        if path.startswith("~"):
            raise RootsError(
                f"{what} cannot be {shown(place)}: write the whole path, since ~ is not the same to all"
            )
        fixed = _before_glob(path)
        if fixed is None:
            return False
        real = _resolved(fixed)
        return any(_is_within(real, folder) for folder in self._folders)

    def _holds_address(self, place: str) -> bool:
        address = _address(place)
        return address is not None and any(root and address.is_within(root) for root in self._addresses)


@dataclass(frozen=True)
class _Address:
    """A URI in parts that can be compared."""

    scheme: str
    parts: tuple[str, ...]  # bucket or host, then folders
    query: str  # another endpoint is another store

    def is_within(self, root: "_Address") -> bool:
        same = (self.scheme, self.query) == (root.scheme, root.query)
        return same and self.parts[: len(root.parts)] == root.parts


def _address(uri: str) -> _Address | None:
    """None where no store is named, and where parts of the path would lead elsewhere."""
    parts = _split(uri)
    if parts is None or not parts.netloc:
        return None
    path = unquote(parts.path).removeprefix("/").removesuffix("/")
    folders = path.split("/") if path else []
    if any(folder in ("", ".", "..") or "\\" in folder for folder in folders):
        return None
    return _Address(parts.scheme.lower(), (parts.netloc, *folders), parts.query)


def _split(uri: str) -> SplitResult | None:
    """None for what is no address: half an IPv6 address, or a port that is no number but the half of a password."""
    if "=" not in uri.rpartition("?")[2]:  # a glob, as datasets.sources.storage reads it
        uri = uri.replace("?", "%3F")
    try:
        parts = urlsplit(uri.replace("#", "%23"))
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _is_local(place: str) -> bool:
    return "://" not in place or place.startswith("file://")  # as datasets.sources.storage tells them apart


def _path(place: str) -> str:
    return unquote(urlsplit(place).path) if place.startswith("file://") else place


def _before_glob(path: str) -> str | None:
    """The folder in which a glob begins to look; None where it leads up again. A path without glob, unchanged."""
    if os.path.lexists(path) or not GLOB_CHARACTERS & set(path):
        return path
    parts = Path(path).parts
    fixed = next(index for index, part in enumerate(parts) if GLOB_CHARACTERS & set(part))
    return None if ".." in parts[fixed:] else str(Path(*parts[:fixed]))


def _resolved(path: str) -> str:
    return os.path.realpath(path)  # never raises for what is not there, and follows every link


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _places(form: BaseModel, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str]]:
    """(title, name, value) of each place that is set."""
    for name, field in type(form).model_fields.items():
        value, here = getattr(form, name), (*path, name)
        if isinstance(value, BaseModel):
            yield from _places(value, here)
        elif value is not None and (
            is_marked(field, IsPlace) or (is_marked(field, IsModel) and _is_path(value))
        ):
            yield field.title or name, ".".join(here), str(value)


def is_marked(field: FieldInfo, kind: type) -> bool:
    """Whether the field, or a choice of its annotation, carries a mark of this kind."""
    return any(isinstance(mark, kind) for mark in field.metadata) or _holds(field.annotation, kind)


def _holds(annotation: Any, kind: type) -> bool:
    marks = getattr(annotation, "__metadata__", ())
    return any(isinstance(mark, kind) for mark in marks) or any(
        _holds(part, kind) for part in get_args(annotation)
    )


def _is_path(model: str) -> bool:
    """A folder of weights, and no id or repository."""
    return model.startswith(("/", ".", "~"))
