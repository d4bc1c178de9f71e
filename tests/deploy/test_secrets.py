"""No secret is in a file; each comes from one that only the serving machine has."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, documents, every_file, values

ENTRYPOINT = DEPLOY / "entrypoint.sh"
WORDS = re.compile(r"password|secret|token|auth_string|access_key|webhook", re.IGNORECASE)
# Names and files of secrets, which may be said
HARMLESS = re.compile(
    r"^(/run/secrets/\w+|\./secrets/\w+|/etc/emo2/ray_token|~/\.ray/auth_token|token|auth_token|emo2-ray)$"
)


@pytest.mark.parametrize(
    "path", [path for path in every_file() if path.suffix == ".yaml"], ids=lambda path: path.name
)
def test_no_yaml_file_holds_a_secret(path: Path):
    told = [
        (".".join(where), value)
        for document in documents(path)
        for where, value in values(document)
        if WORDS.search(where[-1]) and isinstance(value, str) and not HARMLESS.match(value)
    ]
    assert told == []


@pytest.mark.parametrize("path", every_file(), ids=lambda path: path.name)
def test_no_file_holds_what_looks_like_a_key(path: Path):
    text = path.read_text()
    assert not re.search(r"\b[0-9a-f]{32,}\b|AKIA[0-9A-Z]{16}|-----BEGIN|://[^/\s:$]+:[^/\s@$]+@", text)
    assert not re.search(
        r"^(?!#).*(PASSWORD|AUTH_STRING|SECRET_ACCESS_KEY|RAY_AUTH_TOKEN)=\S", text, re.MULTILINE
    )


def test_git_keeps_none_of_the_files_made_on_the_server():
    ignored = (DEPLOY / ".gitignore").read_text().splitlines()
    assert {"secrets/", "backups/", ".env", "*.key"} <= set(ignored)


def run(tmp_path: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    for name, content in environment.items():
        (tmp_path / name).write_text(content)
    files = {f"{name}_FILE": str(tmp_path / name) for name in environment}
    return subprocess.run(
        [ENTRYPOINT, *command],
        env={"PATH": os.environ["PATH"], **files},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_secret_comes_from_its_file_and_the_files_name_goes(tmp_path: Path):
    done = run(tmp_path, "env", PREFECT_API_AUTH_STRING="emo2:a b'c\"d$e", AWS_ACCESS_KEY_ID="")
    assert "PREFECT_API_AUTH_STRING=emo2:a b'c\"d$e\n" in done.stdout
    assert "_FILE" not in done.stdout
    assert "AWS_ACCESS_KEY_ID" not in done.stdout  # empty: the store's own ways to credentials stay open


@pytest.mark.parametrize(
    "name", ["PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_DATABASE_PASSWORD", "RAY_AUTH_TOKEN"]
)
def test_an_empty_secret_starts_nothing(tmp_path: Path, name: str):
    done = run(tmp_path, "echo", "started", **{name: ""})
    assert (done.returncode, done.stdout) == (2, "")
    assert f"write {name} into it" in done.stderr


def test_a_missing_file_starts_nothing_and_is_named():
    environment = {"PATH": os.environ["PATH"], "RAY_AUTH_TOKEN_FILE": "/nowhere/token"}
    done = subprocess.run(
        [ENTRYPOINT, "echo", "started"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "/nowhere/token" in done.stderr


def test_the_entrypoint_ends_as_its_command_does(tmp_path: Path):
    assert run(tmp_path, "sh", "-c", "exit 7").returncode == 7


def make_secrets(folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.copy(DEPLOY / "compose" / "make-secrets.sh", folder)
    return subprocess.run([folder / "make-secrets.sh"], capture_output=True, text=True, check=True)


def test_secrets_are_long_different_kept_to_their_folder_and_never_printed(tmp_path: Path):
    said = make_secrets(tmp_path).stdout
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir() if path.is_file()}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert made["prefect_auth"].startswith("emo2:")
    random = [made["postgres_password"], made["prefect_auth"].removeprefix("emo2:"), made["ray_token"]]
    assert [len(secret) for secret in random] == [64, 64, 64]
    assert len(set(random)) == 3
    assert not [secret for secret in random if secret in said]
    assert {made[name] for name in ("lake_key_id", "lake_key", "failure_webhook")} == {""}


def test_a_second_call_changes_no_secret(tmp_path: Path):
    make_secrets(tmp_path)
    (tmp_path / "secrets" / "lake_key").write_text("given by hand")
    before = {path: path.read_text() for path in (tmp_path / "secrets").iterdir() if path.is_file()}
    make_secrets(tmp_path)
    assert {path: path.read_text() for path in before} == before
