"""The installer at work: uv where it is, else pip; with the index and the wheels that pip is told of."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.environments.failures import InstallFailed
from flows.environments.recipes import Recipe

Tell = Callable[[str], None]  # is given each line of the installer's output, for a person to see
_ANSWERS_WITHIN_S = 30.0
_TIMEOUT_S = "180"  # of one request; indexes behind a busy proxy are slow


@dataclass(frozen=True)
class Installer:
    """How one environment's packages get to their place."""

    uv: Path | None
    torch: str  # "cpu" or "cuda"
    variables: Mapping[str, str]  # of the installer's processes

    def install(self, wanted: Recipe, folder: Path, tell: Tell, *, keeps_open: int) -> None:
        """A fresh environment in `folder` with everything that is wanted; raises InstallFailed.

        keeps_open: a file descriptor that stays open as long as any process of the installer lives.
        """

        def run(*command: str | Path) -> None:
            _run(command, self.variables, tell, keeps_open)

        if self.uv is None:
            run(sys.executable, "-m", "venv", folder)
            run(folder / "bin" / "python", "-m", "pip", "install", *self._what(wanted))
            return
        run(self.uv, "venv", "--quiet", "--python", sys.executable, folder)
        options = ("--compile-bytecode", "--python", folder / "bin" / "python", *self._what(wanted))
        if self.torch == "cpu" and "UV_FIND_LINKS" not in self.variables:
            try:
                run(self.uv, "pip", "install", "--torch-backend", "cpu", *options)
                return
            except InstallFailed as error:
                tell(f"without the index of torch's builds for CPUs, since {error}")
        run(self.uv, "pip", "install", *options)

    def _what(self, wanted: Recipe) -> tuple[str | Path, ...]:
        """The lock holds for whatever is installed; a torch for CPUs asks for far less than one for GPUs."""
        offline = ("--no-index",) if self.variables.get("PIP_NO_INDEX") else ()
        return (*offline, "--requirement", wanted.requirements, "--constraint", wanted.lock)


def find_installer(environ: Mapping[str, str] = os.environ) -> Installer:
    """As this machine is set up: uv beside this Python or on PATH, and the choice of torch of setup.sh.

    TORCH=cpu|cuda overrides the choice. uv does not read pip's settings, so it is given the index and the folders of
    wheels; those of pip are left out for CUDA, as they may hold wheels for CPUs.
    """
    torch = environ.get("TORCH") or ("cuda" if _has_gpu() else "cpu")
    variables = dict(environ) | {"UV_PYTHON_DOWNLOADS": "never", "PYTHONPATH": ""}
    variables.setdefault("UV_HTTP_TIMEOUT", _TIMEOUT_S)
    links = environ.get("UV_FIND_LINKS") or (torch == "cpu" and _pip_setting("find-links", environ))
    if links:
        variables["UV_FIND_LINKS"] = ",".join(links.replace(",", " ").split())
    if index := environ.get("UV_DEFAULT_INDEX") or _pip_setting("index-url", environ):
        variables["UV_DEFAULT_INDEX"] = index
    return Installer(_find_uv(), torch, variables)


def _find_uv() -> Path | None:
    beside = Path(sys.executable).parent / "uv"
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which("uv")
    return Path(found) if found else None


def _has_gpu() -> bool:
    try:
        done = subprocess.run(["nvidia-smi"], capture_output=True, timeout=_ANSWERS_WITHIN_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _pip_setting(name: str, environ: Mapping[str, str]) -> str:
    """From pip's variable, else its configuration files; empty without."""
    if chosen := environ.get("PIP_" + name.upper().replace("-", "_")):
        return chosen
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{name}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWERS_WITHIN_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _run(command: tuple[str | Path, ...], variables: Mapping[str, str], tell: Tell, keeps_open: int) -> None:
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(variables),
            pass_fds=(keeps_open,),
        )
    except OSError as error:
        raise InstallFailed(f"{command[0]} cannot be started ({error.strerror})") from error
    said: list[str] = []
    with process:
        try:
            for line in process.stdout or ():
                said.append(line.strip())
                tell(line.strip())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise InstallFailed(f"{command[0]} ended with code {process.returncode}", *said)
