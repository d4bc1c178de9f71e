import subprocess
import sys

from annotators.current import CURRENT, stale_now
from annotators.registry import annotator_classes
from datasets.lake import Lake
from datasets.rows import table_of


def test_the_light_list_says_what_the_classes_say_of_themselves():
    listed = {each.slot: (each.version, each.reads) for each in CURRENT}
    assert listed == {kind.name: (kind.version, tuple(kind.reads)) for kind in annotator_classes()}


def test_the_list_is_read_without_importing_an_annotator():
    code = "import sys, annotators.current; print('annotators.body' in sys.modules or 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_kept_clips_of_another_version_and_empty_ones_are_stale_whatever_their_parameters(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    current = next(each.version for each in CURRENT if each.slot == "body")

    def body(version: str) -> dict:
        return {"name": "body", "version": version, "params_hash": "of somebody's own"}

    rows = [
        {"clip_id": "current", "keep": True, "body_src": body(current)},
        {"clip_id": "older", "keep": True, "body_src": body("0")},
        {"clip_id": "empty", "keep": True},
        {"clip_id": "filtered", "keep": False},
    ]
    lake.append("clips", lake.write_fragments("clips", table_of("clips", rows)))
    assert lake.status(stale=stale_now())["annotators"]["body"]["stale"] == 2
