"""Object stores through pyarrow: what lies under a URI, and its bytes in pieces."""

from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

from pyarrow import ArrowException, fs

from datasets.sources.folder import GLOB_CHARACTERS, is_media_name, parts_match
from datasets.sources.video import SourceError

_PIECE_BYTES = 8 << 20


def is_object(uri: str) -> bool:
    """Whether the address is a URI, and not a path on this machine; `file://` counts as a path."""
    return "://" in uri and not uri.startswith("file://")


def local_path(uri: str) -> str:
    """The path that a `file://` URI names; any other address unchanged."""
    return unquote(urlsplit(uri).path) if uri.startswith("file://") else uri


def open_filesystem(uri: str) -> tuple[fs.FileSystem, str]:
    """The store and the path within it. Credentials come from the environment, never from the URI.

    Raises SourceError for an unknown scheme, credentials in the address, or a store out of reach.
    """
    parts = urlsplit(uri)
    if "@" in parts.netloc:
        scheme = parts.scheme.upper()
        raise SourceError(
            f"the {scheme} address of bucket {parts.netloc.rsplit('@', 1)[1]} holds credentials,"
            " which would be stored with each video: leave them out and set them in the environment"
        )
    if parts.scheme in ("http", "https"):
        raise SourceError(f"{uri} is a web address: fetch it into a folder first, then ingest the folder")
    try:
        return fs.FileSystem.from_uri(_quoted(uri))
    except (ArrowException, OSError) as error:
        raise SourceError(f"cannot open {uri} ({_first_line(error)}): {_remedy(error)}") from error


def list_media(uri: str) -> list[str]:
    """URIs of the media under a folder, of the objects a glob matches, or of the one object named; sorted.

    Raises SourceError where there are none.
    """
    store, path = open_filesystem(uri)
    try:
        found = sorted(_paths(store, path))
    except OSError as error:
        raise SourceError(f"cannot list {uri} ({_first_line(error)}): {_remedy(error)}") from error
    if not found:
        raise SourceError(
            f"no media at {uri}: check the address, and that it ends in a folder or a media file"
        )
    return [_uri_like(uri, path) for path in found]


def read_object(uri: str) -> bytes:
    """The whole object; meant for lists. Raises SourceError where it cannot be read."""
    store, path = open_filesystem(uri)
    try:
        with store.open_input_stream(path) as stream:
            return stream.read()
    except OSError as error:
        raise SourceError(f"cannot read {uri} ({_first_line(error)}): check that it exists") from error


def object_facts(uri: str) -> tuple[int, int] | None:
    """Size in bytes and time of change in ns; None where there is no such object."""
    store, path = open_filesystem(uri)
    info = store.get_file_info(path)
    return (info.size, info.mtime_ns or 0) if info.type == fs.FileType.File else None


def object_pieces(uri: str, start_byte: int = 0) -> Iterator[bytes]:
    """The object's bytes from `start_byte` on, in pieces of 8 MiB."""
    store, path = open_filesystem(uri)
    with store.open_input_file(path) as file:
        file.seek(start_byte)
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _paths(store: fs.FileSystem, path: str) -> Iterator[str]:
    parts = path.split("/")
    fixed = next((index for index, part in enumerate(parts) if GLOB_CHARACTERS & set(part)), None)
    if fixed is not None and store.get_file_info(path).type == fs.FileType.NotFound:
        wanted = parts[fixed:]
        root = "/".join(parts[:fixed])
        yield from (each for each in _below(store, root) if parts_match(_parts_below(each, root), wanted))
    elif store.get_file_info(path).type == fs.FileType.File:
        yield path
    else:
        below = _below(store, path)
        visible = (
            each for each in below if not any(part.startswith(".") for part in _parts_below(each, path))
        )
        yield from (each for each in visible if is_media_name(each.rsplit("/", 1)[-1]))


def _below(store: fs.FileSystem, root: str) -> Iterator[str]:
    selector = fs.FileSelector(root, recursive=True, allow_not_found=True)
    return (info.path for info in store.get_file_info(selector) if info.type == fs.FileType.File)


def _parts_below(path: str, root: str) -> list[str]:
    return path[len(root) :].strip("/").split("/")


def _uri_like(uri: str, path: str) -> str:
    """The address of another path in the store of `uri`, with its query (endpoint, region) kept."""
    parts = urlsplit(_quoted(uri))
    return f"{parts.scheme}://{quote(path)}" + (f"?{parts.query}" if parts.query else "")


def _quoted(uri: str) -> str:
    """The URI with what people type into paths, such as spaces and stars, percent-encoded."""
    scheme, rest = uri.split("://", 1)
    path, mark, query = rest.partition("?") if "=" in rest.rpartition("?")[2] else (rest, "", "")
    return f"{scheme}://{quote(path, safe='/%:@')}{mark}{query}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _remedy(error: Exception) -> str:
    if "Unrecognized filesystem type" in str(error):
        return "give a path, s3://, gs:// or file://"
    return "check the address, the credentials in the environment and the network"
