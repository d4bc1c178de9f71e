"""A tiny environment: one package of one line, in a folder of wheels; no network."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
_DRIVER = """
import sys
from pathlib import Path
from flows.environments import installer, recipes
from flows.environments.cli import environments

recipes.FOLDER = Path(sys.argv[1])
if sys.argv[2]:
    installer._find_uv = lambda: Path(sys.argv[2])
environments(["build", "tiny"])
"""
# Makes the folder, writes a file into it, and then installs for two minutes.
_SLOW_UV = """#!/bin/sh
for last; do :; done
if [ "$1" = venv ]; then
  mkdir -p "$last/lib"
  echo half > "$last/lib/half"
else
  echo $$ > {started}.partial
  mv {started}.partial {started}
  exec sleep 120
fi
"""


def write_wheel(folder: Path, name: str, version: str) -> Path:
    """A package `name` whose VERSION is told by its only module."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    records = [f"{path},sha256={_hash(text)},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*records, f"{info}/RECORD,,", ""])
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def write_recipe(
    folder: Path, *, version: str = "1.0", package: str = "pebble", imports: str = "pebble"
) -> None:
    """tiny.in and tiny.txt in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.in").write_text(f"# A pebble, for tests.\n# imports: {imports}\n{package}\n")
    (folder / "tiny.txt").write_text(f"{package}=={version}\n")


def write_slow_uv(path: Path, started: Path) -> Path:
    """An installer that writes its process id to `started` and takes too long."""
    path.write_text(_SLOW_UV.format(started=started))
    path.chmod(0o755)
    return path


def start_builder(recipes: Path, uv: Path | None = None) -> subprocess.Popen[str]:
    """`emo2 env build tiny` in a process of its own; all it says comes on stdout."""
    return subprocess.Popen(
        [sys.executable, "-c", _DRIVER, str(recipes), str(uv or "")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
