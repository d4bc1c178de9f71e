"""docs/deployment.md names what is there."""

import re

import pytest

from tests.deploy.files import DEPLOY, ROOT, every_file, product_image
from tests.deploy.test_ray_vms import INSIDE, WORKERS

GUIDE = (ROOT / "docs" / "deployment.md").read_text()


def test_every_path_that_it_names_exists():
    named = set(re.findall(r"\bdeploy/[\w./*-]*\w", GUIDE))
    assert len(named) > 5
    assert [path for path in named if not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("folder", ["compose", "kubernetes", "ray-vms"])
def test_every_folder_has_its_chapter(folder: str):
    assert {path.parent.name for path in every_file() if path.parent != DEPLOY} == {
        "compose",
        "kubernetes",
        "ray-vms",
    }
    assert f"deploy/{folder}" in GUIDE


def test_its_image_has_the_version_of_the_project():
    assert set(re.findall(r"emo2:\d[\w.]*", GUIDE)) == {product_image()}


def test_its_table_of_ports_is_that_of_the_units():
    assert f"| {INSIDE[0]}–{INSIDE[-1]}, {WORKERS[0]}–{WORKERS[1]} on every machine" in GUIDE
    assert "| 10001 on the head |" in GUIDE


def test_every_secret_that_manifests_ask_for_is_made_in_it():
    manifests = "".join(path.read_text() for path in (DEPLOY / "kubernetes").glob("*.yaml"))
    wanted = set(re.findall(r"secret(?:KeyRef|Ref): \{name: ([\w-]+)|secretName: ([\w-]+)", manifests))
    names = {first or second for first, second in wanted}
    assert names == {"emo2-ray", "emo2-prefect", "emo2-lake"}
    assert [name for name in names if f"create secret generic {name} " not in GUIDE] == []
