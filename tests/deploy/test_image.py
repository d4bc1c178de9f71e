"""The image of server, workers and Ray nodes."""

import re
import subprocess
import sys

import pytest

from tests.deploy.files import DEPLOY, ROOT

FILE = (DEPLOY / "Containerfile").read_text()
KEPT = [
    line.removeprefix("!")
    for line in (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    if line.startswith("!")
]


def test_python_is_a_whole_version_that_the_project_takes():
    found = re.search(r"^FROM python:(\d+\.\d+)\.\d+-", FILE, re.MULTILINE)
    assert found
    assert f'requires-python = ">={found[1]},' in (ROOT / "pyproject.toml").read_text()


def test_packages_have_the_versions_of_the_constraints_and_uv_that_of_the_setup():
    uv = re.search(r"^UV_VERSION=(.+)$", (ROOT / "setup.sh").read_text(), re.MULTILINE)
    assert uv
    assert f"uv=={uv[1]}" in FILE
    assert "--constraints constraints.txt --overrides overrides.txt" in FILE


def test_the_installers_options_exist():
    """Resolves nothing: `--offline` ends before the index, a wrong option before that."""
    found = re.search(r"uv pip install (--system .*?)\n\n", FILE.replace("\\\n", ""), re.DOTALL)
    assert found
    words = found[1].replace("$backend", "--torch-backend cpu").split()
    words[words.index("--system")] = f"--python={sys.executable}"
    command = [sys.executable, "-m", "uv", "pip", "install", *words, "--offline", "--dry-run"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "unexpected argument" not in done.stderr
    assert "invalid value" not in done.stderr


def test_only_what_is_named_gets_into_the_image():
    lines = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert not {"deploy", ".emo2", ".git", "deploy/compose"} & set(KEPT)


def test_everything_that_is_installed_or_registered_gets_into_the_image():
    packages = re.search(r"^include = \[(.+)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert packages
    wanted = {name.strip(' "*') for name in packages[1].split(",")}
    wanted |= {"prefect.yaml", "deploy/entrypoint.sh"}
    assert wanted <= set(KEPT)
    copied = re.search(r"^COPY (pyproject.+) \./$", FILE, re.MULTILINE)
    assert copied
    assert set(copied[1].split()) <= set(KEPT)
    assert [name for name in KEPT if not (ROOT / name).exists()] == []


def test_it_runs_as_a_user_and_starts_with_the_entrypoint():
    last_user = re.findall(r"^USER (\w+)$", FILE, re.MULTILINE)[-1]
    assert last_user == "emo2"
    assert 'ENTRYPOINT ["/opt/emo2/deploy/entrypoint.sh"]' in FILE
    assert (DEPLOY / "entrypoint.sh").stat().st_mode & 0o111


def test_kubernetes_probes_find_their_program():
    assert re.search(r"apt-get install .*\bwget\b", FILE)


@pytest.mark.parametrize("torch", ["cpu", "cuda"])
def test_both_builds_of_torch_are_known(torch: str):
    assert re.search(rf"\b{torch}\) backend=", FILE)


def test_environments_are_built_where_they_are_looked_for_and_only_on_request():
    assert re.search(r"^ARG ENVIRONMENTS=$", FILE, re.MULTILINE)
    assert re.search(r"^ENV EMO2_ENVIRONMENTS=/opt/\S+$", FILE, re.MULTILINE)
    built = FILE.index('emo2 env build "$name"')
    assert FILE.index("COPY . .") < FILE.index("--no-deps --editable .") < built < FILE.index("USER emo2")


@pytest.mark.parametrize(
    ("names", "built"), [("", []), ("speech", ["speech"]), ("speech voice", ["speech", "voice"])]
)
def test_the_build_argument_names_environments(tmp_path, names, built):
    command = re.search(r"^RUN (for name in \$ENVIRONMENTS.*)$", FILE, re.MULTILINE)
    assert command
    (tmp_path / "emo2").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "emo2").chmod(0o755)
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ENVIRONMENTS": names}
    done = subprocess.run(["sh", "-c", command[1]], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"env build {name}" for name in built]


def test_one_that_cannot_be_built_fails_the_image(tmp_path):
    command = re.search(r"^RUN (for name in \$ENVIRONMENTS.*)$", FILE, re.MULTILINE)
    assert command
    (tmp_path / "emo2").write_text('#!/bin/sh\n[ "$3" != speech ]\n')
    (tmp_path / "emo2").chmod(0o755)
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ENVIRONMENTS": "speech voice"}
    assert subprocess.run(["sh", "-c", command[1]], env=variables, check=False).returncode != 0
