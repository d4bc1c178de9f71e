"""What is tried in a new environment (flows.environments.self_check)."""

import json
import subprocess
import sys

from tests.flows.environments.tiny import ROOT


def tried(*modules: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.environments.self_check", *modules]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_it_tells_every_package_once_all_modules_were_imported():
    done = tried("json", "datasets.frame")
    assert done.returncode == 0
    assert {"ray", "pyarrow", "pylance"} <= json.loads(done.stdout).keys()


def test_it_fails_with_the_error_of_a_module_that_is_not_there():
    done = tried("json", "no_such_module")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'no_such_module'"


def test_our_package_needs_nothing_installed():
    """It is imported in environments that have none of our dependencies."""
    script = "import sys, flows.environments as e; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not {"typer", "rich", "packaging", "ray", "numpy", "pydantic", "psutil"} & set(done.stdout.split())
