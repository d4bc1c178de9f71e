"""The GPU, where there is one."""

import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata

from flows.doctor.finding import Finding, ok, warning
from flows.doctor.scope import Scope

_ANSWERS_WITHIN_S = 10.0
_QUERY = ("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")


def gpu(scope: Scope) -> Iterator[Finding]:
    """As its driver tells, and whether torch is of the build that uses it."""
    program = shutil.which("nvidia-smi")
    if program is None:
        yield ok("GPU", "none: everything runs on CPUs")
        return
    try:
        done = subprocess.run([program, *_QUERY], capture_output=True, text=True, timeout=_ANSWERS_WITHIN_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield warning(
            "GPU", f"{program} does not answer: {error}", "see to the driver; CPUs are used meanwhile"
        )
        return
    names = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if done.returncode or not names:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no GPU"]
        yield warning("GPU", f"nvidia-smi says: {words[0]}", "see to the driver; CPUs are used meanwhile")
        return
    if metadata.version("torch").endswith("+cpu"):
        remedy = "run `touch pyproject.toml` and `make setup TORCH=cuda`"
        yield warning("GPU", f"{names[0]}, and a torch for CPUs", remedy)
        return
    yield ok("GPU", "; ".join(names))
