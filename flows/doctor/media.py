"""What videos are read and written with."""

import shutil
from collections.abc import Iterator
from typing import Literal

from flows.doctor.finding import Finding, ok, problem, warning
from flows.doctor.scope import Scope

# Those that phones, cameras and the web write most; others are found out when they come.
_READ = ("h264", "hevc", "vp9", "av1", "mpeg4", "aac", "opus", "mp3")
_WRITTEN = ("libx264", "flac")


def codecs(scope: Scope) -> Iterator[Finding]:
    """PyAV with its FFmpeg libraries; the program ffmpeg is needed for downloads alone."""
    import av

    missing = [name for name in _READ if not _is_there(name, "r")]
    unwritten = [name for name in _WRITTEN if not _is_there(name, "w")]
    told = f"av {av.__version__}"
    remedy = "install av from its wheel: run `touch pyproject.toml` and `make setup`"
    if unwritten:
        yield problem("codecs", f"{told} cannot write {', '.join(unwritten)}", remedy)
    if missing:
        yield warning(
            "codecs", f"{told} cannot read {', '.join(missing)}: such videos go to quarantine", remedy
        )
    if not missing and not unwritten:
        yield ok("codecs", f"{told} reads {', '.join(_READ)} and writes {', '.join(_WRITTEN)}")
    program = shutil.which("ffmpeg")
    yield ok(
        "ffmpeg", program or "not there, and not needed: without it `emo2 fetch` takes 360p from some sites"
    )


def _is_there(name: str, mode: Literal["r", "w"]) -> bool:
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    try:
        Codec(name, mode)
    except UnknownCodecError:
        return False
    return True
