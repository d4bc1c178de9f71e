"""Our code for another interpreter (flows.environments.code_folder)."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasets.errors import UserError
from flows.environments.code_folder import code_folder, running_packages
from tests.flows.environments.tiny import ROOT


def checkout(folder: Path, says: str) -> dict[str, Path]:
    """Packages `flows` and `datasets` that know where they are from."""
    packages = {name: folder / name for name in ("flows", "datasets")}
    for path in packages.values():
        path.mkdir(parents=True)
        (path / "__init__.py").write_text(f"SAYS = {says!r}\n")
    return packages


def imported_from(code: Path) -> str:
    script = "import flows, datasets; print(flows.SAYS, datasets.SAYS)"
    environment = os.environ | {"PYTHONPATH": str(code)}
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, cwd="/"
    ).stdout.strip()


def test_the_running_packages_are_those_of_this_checkout():
    names = ("flows", "annotators", "datasets", "training")
    assert running_packages() == {name: ROOT / name for name in names}


def test_two_checkouts_use_one_environment_at_once(tmp_path):
    ours, theirs = checkout(tmp_path / "a", "ours"), checkout(tmp_path / "b", "theirs")
    first, second = code_folder(tmp_path / "env", ours), code_folder(tmp_path / "env", theirs)
    assert first != second
    assert (imported_from(first), imported_from(second)) == ("ours ours", "theirs theirs")
    assert code_folder(tmp_path / "env", ours) == first


def test_of_an_installed_wheel_nothing_else_of_site_packages_can_be_seen(tmp_path):
    packages = checkout(tmp_path / "site-packages", "wheel")
    (tmp_path / "site-packages" / "numpy").mkdir()
    code = code_folder(tmp_path / "env", packages)
    assert sorted(path.name for path in code.iterdir()) == ["datasets", "flows"]
    assert imported_from(code) == "wheel wheel"


def test_one_that_is_right_is_not_written_again(tmp_path):
    packages = checkout(tmp_path / "a", "ours")
    code = code_folder(tmp_path / "env", packages)
    before = {path.name: path.lstat().st_ino for path in (code.parent, *code.iterdir())}
    times = code.parent.stat().st_mtime_ns
    assert code_folder(tmp_path / "env", packages) == code
    assert {path.name: path.lstat().st_ino for path in (code.parent, *code.iterdir())} == before
    assert code.parent.stat().st_mtime_ns == times


def test_a_link_that_leads_elsewhere_is_put_right(tmp_path):
    packages = checkout(tmp_path / "a", "ours")
    code = code_folder(tmp_path / "env", packages)
    (code / "datasets").unlink()
    (code / "datasets").symlink_to(tmp_path / "gone")
    (code / "flows").unlink()
    assert imported_from(code_folder(tmp_path / "env", packages)) == "ours ours"
    assert [path.name for path in code.parent.iterdir()] == [code.name]


def test_many_at_once_leave_one_whole_folder(tmp_path):
    packages = checkout(tmp_path / "a", "ours")
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: code_folder(tmp_path / "env", packages), range(32)))
    (code,) = made
    assert [path.name for path in code.parent.iterdir()] == [code.name]
    assert sorted(path.name for path in code.iterdir()) == ["datasets", "flows"]


def test_where_it_cannot_be_written_the_remedy_is_told(tmp_path):
    (tmp_path / "env").write_text("a file")
    with pytest.raises(UserError, match=r"cannot be written .* run `emo2 env build`"):
        code_folder(tmp_path / "env", checkout(tmp_path / "a", "ours"))
