"""When a run's artifacts are put on its page, and that one which fails harms nothing."""

import pytest

from datasets.lake import Lake
from flows.run_page import publish as module
from flows.run_page.publish import Artifact, Page, artifacts, show, table_states


class Stopped(Exception):
    """As work raises that was stopped from outside."""


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.open(tmp_path / "lake", create=True)


@pytest.fixture
def published(monkeypatch) -> list[str]:
    """Keys of what is published, as if inside a flow run."""
    keys: list[str] = []
    monkeypatch.setattr(module.runtime.flow_run, "id", "a-run", raising=False)
    monkeypatch.setattr(module, "publish", lambda artifact: keys.append(artifact.key))
    return keys


def piece(key: str):
    return lambda page: Artifact(key, [], "")


@pytest.mark.parametrize(
    ("ended_by", "expected"),
    [(None, ["a", "b"]), (ValueError, ["a", "b"]), (KeyboardInterrupt, []), (Stopped, [])],
    ids=["completed", "failed", "cancelled", "work stopped"],
)
def test_they_are_shown_when_a_run_completes_or_fails_and_not_when_it_is_cancelled(
    lake, published, ended_by, expected
):
    def work() -> None:
        with artifacts(lake, piece("a"), piece("b"), unless=(Stopped,)) as page:
            assert page.before == table_states(lake)
            if ended_by:
                raise ended_by

    if ended_by:
        with pytest.raises(ended_by):
            work()
    else:
        work()
    assert published == expected


def test_a_piece_that_fails_or_has_nothing_to_show_leaves_the_others(lake, published):
    def fail(page: Page) -> Artifact:
        raise ValueError("odd")

    show(Page(lake, {}), [piece("a"), fail, lambda page: None, piece("b")])
    assert published == ["a", "b"]


def test_outside_a_flow_run_nothing_is_made(lake):
    def never(page: Page) -> Artifact:
        raise AssertionError

    with artifacts(lake, never):
        pass
