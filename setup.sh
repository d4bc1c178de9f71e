#!/bin/sh
# Makes .venv from pyproject.toml, constraints.txt and overrides.txt; `make setup` calls it when one of them changed.
# PYTHON=... picks the interpreter, TORCH=cpu|cuda overrides the choice of torch build.
set -eu

UV_VERSION=0.13.9
PYTHON=${PYTHON:-}

supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; }

if [ -z "$PYTHON" ]; then
  for candidate in python3.11 python3.12 python3; do
    if supported "$candidate"; then PYTHON=$candidate; break; fi
  done
fi
if [ -z "$PYTHON" ] || ! supported "$PYTHON"; then
  found=$("${PYTHON:-python3}" --version 2>&1 | head -n 1 || true)
  echo "emo2 needs Python 3.11 or 3.12 and found '${found:-none}': install one, or name it with make PYTHON=/path/to/python3.11" >&2
  exit 2
fi
if ! "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null; then
  echo "$PYTHON has no venv module: install it (on Debian and Ubuntu: apt-get install python3-venv)" >&2
  exit 2
fi

if ! supported .venv/bin/python; then
  rm -rf .venv
  "$PYTHON" -m venv .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"

# uv does not read pip's settings; a mirror configured for pip should serve here too.
pip_setting() { .venv/bin/python -m pip config get "global.$1" 2>/dev/null || true; }
find_links=${UV_FIND_LINKS:-${PIP_FIND_LINKS:-$(pip_setting find-links)}}
index_url=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$(pip_setting index-url)}}
[ -z "$index_url" ] || export UV_DEFAULT_INDEX="$index_url"
export UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=180

# An ingest starts some ten processes; compiled once, each imports in a third of the time.
install() {
  .venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python \
    --constraints constraints.txt --overrides overrides.txt --editable '.[dev,fetch,view]' "$@"
}

# Linux: PyPI's torch is the CUDA build, several GB; take a CPU wheel unless there is a GPU.
if [ -z "${TORCH:-}" ]; then
  if nvidia-smi >/dev/null 2>&1; then TORCH=cuda; else TORCH=cpu; fi
fi
echo "Installing into .venv with $("$PYTHON" --version), torch for $TORCH (a few minutes the first time)"
unset UV_FIND_LINKS
if [ "$TORCH" = cuda ]; then
  install
elif [ -n "$find_links" ]; then
  UV_FIND_LINKS=$(echo "$find_links" | tr -s ' \n' ',,' | sed 's/,$//')
  export UV_FIND_LINKS
  install
else
  install --torch-backend cpu || install
fi
touch .venv/.ready
