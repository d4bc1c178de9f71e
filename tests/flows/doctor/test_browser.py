"""Chromium for the tests of the UI (flows.doctor.browser)."""

from flows.doctor import browser
from flows.doctor.browser import chromium


def test_a_browser_that_is_named_is_taken(scope, monkeypatch, tmp_path):
    program = tmp_path / "browser"
    program.touch()
    monkeypatch.setenv("EMO2_CHROMIUM", str(program))
    assert next(chromium(scope)).state == "warning"
    program.chmod(0o755)
    monkeypatch.setattr(browser, "find_spec", lambda name: object())
    assert next(chromium(scope)).text == str(program)


def test_no_browser_is_a_warning(scope, monkeypatch, tmp_path):
    monkeypatch.delenv("EMO2_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = next(chromium(scope))
    assert (found.state, "apt-get install chromium" in found.remedy) == ("warning", True)


def test_playwright_is_needed_too(scope, monkeypatch):
    monkeypatch.setenv("EMO2_CHROMIUM", "/bin/sh")
    monkeypatch.setattr(browser, "find_spec", lambda name: None)
    found = next(chromium(scope))
    assert (found.state, "playwright" in found.text) == ("warning", True)
