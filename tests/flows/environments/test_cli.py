"""`emo2 env` (flows.environments.cli)."""

import time

import pytest

from tests.flows.environments.tiny import write_recipe


def test_build_list_build_again_remove(emo2, tiny, folder):
    assert "tiny  not built  A pebble, for tests. Run `emo2 env build tiny`" in emo2("env", "list")[1]
    code, out, _ = emo2("env", "build", "tiny")
    steps = [line.split("s  ", 1)[-1].split()[0] for line in out.splitlines()]
    assert (code, steps) == (
        0,
        ["Installing", "Resolved", "Prepared", "Installed", "Bytecode", "Trying", "tiny:"],
    )
    last = out.splitlines()[-1]
    assert last.startswith(f"tiny: {folder}/tiny-")
    assert "1 package" in last

    before_s = time.monotonic()
    code, out, _ = emo2("env", "build", "tiny")
    assert (code, out.endswith("is built already\n"), out.count("\n")) == (0, True, 1)
    assert time.monotonic() - before_s < 1

    assert "tiny  built  0.0 GB" in emo2("env", "list")[1]
    assert emo2("env", "remove", "tiny")[1].startswith("removed ")
    assert "nothing to remove" in emo2("env", "remove", "tiny")[1]


def test_outdated_ones_are_listed_and_removed(emo2, tiny):
    emo2("env", "build", "tiny")
    write_recipe(tiny, version="2.0")
    assert [line.split("  ")[1] for line in emo2("env", "list")[1].splitlines()] == ["not built", "outdated"]
    assert emo2("env", "remove", "tiny", "--outdated")[1].startswith("removed ")
    assert [line.split("  ")[1] for line in emo2("env", "list")[1].splitlines()] == ["not built"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("build", "voice"), "there is no environment 'voice'"),
        (("remove", "voice"), "there is no environment 'voice'"),
    ],
)
def test_an_unknown_name_ends_in_one_sentence_and_code_2(emo2, tiny, arguments, told):
    code, _, error = emo2("env", *arguments)
    assert (code, error.count("\n"), told in error) == (2, 1, True)


def test_a_failed_build_ends_in_one_sentence_and_code_2(emo2, tiny, wheels):
    next(wheels.iterdir()).unlink()
    code, _, error = emo2("env", "build", "tiny")
    assert (code, error.count("\n")) == (2, 1)
    assert error.startswith("emo2: the environment tiny could not be built (")
