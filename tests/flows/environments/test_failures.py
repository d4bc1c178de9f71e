"""Why a build failed, in one sentence (flows.environments.failures); outputs as uv 0.13 and pip 24 write them."""

from pathlib import Path

import pytest

from flows.environments.failures import InstallFailed, last_words, sentence
from flows.environments.places import Environment

PLACE = Environment("tiny", Path("/data/tiny-0123456789ab"), Path("/data/tiny-0123456789ab/bin/python"))
REFUSED = (
    "error: Request failed after 3 retries in 5.7s",
    "cause: Failed to fetch: http://127.0.0.1:9/simple/pydantic/",
    "cause: client error (Connect)",
    "cause: tcp connect error",
    "cause: Connection refused (os error 111)",
)
FULL = (
    "Resolved 133 packages in 988ms",
    "warning: Failed to hardlink files; falling back to full copy.",
    "error: Failed to install: tzdata-2026.6-py2.py3-none-any.whl (tzdata==2026.6)",
    "cause: failed to copy file from /cache/a to /data/a: No space left on device (os error 28)",
)
OFFLINE = (
    "error: No solution found when resolving dependencies",
    "cause: Because pebble was not found in the cache and you require pebble, we can conclude that your",
    "requirements are unsatisfiable.",
    "hint: Packages were unavailable because the network was disabled.",
)
ARROW = (
    "× No solution found when resolving dependencies:",
    "╰─▶ Because there is no version of pebble==1.0,",
    "it fails.",
)
PIP = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError()': /simple/pebble/",
    "ERROR: Could not find a version that satisfies the requirement pebble (from versions: none)",
    "ERROR: No matching distribution found for pebble",
    "[notice] A new release of pip is available",
)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (REFUSED, "Failed to fetch: http://127.0.0.1:9/simple/pydantic/: Connection refused (os error 111)"),
        (FULL, "failed to copy file from /cache/a to /data/a: No space left on device (os error 28)"),
        (
            OFFLINE,
            "Because pebble was not found in the cache and you require pebble, we can conclude that your "
            "requirements are unsatisfiable.",
        ),
        (ARROW, "Because there is no version of pebble==1.0, it fails."),
        (PIP, "No matching distribution found for pebble"),
        (("one", "", "the last"), "the last"),
        ((), ""),
    ],
)
def test_the_cause_is_found(said, words):
    assert last_words(said) == words


def test_a_long_cause_keeps_its_end():
    told = last_words(["error: " + "very " * 200 + "full"])
    assert len(told) < 310
    assert told.endswith("very full")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (REFUSED, "see to the network, or name a folder of wheels in UV_FIND_LINKS"),
        (OFFLINE, "see to the network"),
        (PIP, "see to the network"),
        (FULL, "make room in /data"),
        (ARROW, "mend that, then run `emo2 env build tiny` again"),
    ],
)
def test_the_remedy_fits_the_cause(said, remedy):
    told = str(sentence(PLACE, InstallFailed(*said)))
    assert told.startswith("the environment tiny could not be built (")
    assert remedy in told
    assert "\n" not in told
