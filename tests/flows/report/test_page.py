import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from flows.report.data import Run
from flows.report.page import run_sentence
from flows.report.write import write_report
from tests.flows.report.conftest import fill


class Reader(HTMLParser):
    """Collects the tags, attributes and visible text of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def html(small_lake, tmp_path_factory) -> str:
    out = tmp_path_factory.mktemp("page") / "report.html"
    write_report(small_lake, out)
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html) -> Reader:
    return Reader(html)


def html_of(lake, tmp_path) -> str:
    write_report(lake, tmp_path / "report.html")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_hostile_file_name_is_shown_and_never_run(html, page):
    assert "<script>alert" not in html
    assert "<b>late" not in html
    assert "/raw/<script>alert(1)</script>&\"'.mp4" in page.text
    assert len(page.all("script")) == 1


def test_every_string_of_the_lake_is_escaped(empty_lake, tmp_path):
    evil = "\"'><img src=x onerror=alert(1)>"
    strings = {"uri": evil, "dataset": evil, "speaker": evil, "detail": evil, "reason": evil}
    fill(empty_lake, "videos", [{"video_id": evil, "status": "quarantined", **strings}])
    source = {"name": evil, "version": evil, "params_hash": evil}
    clip = {
        "clip_id": evil,
        "video_id": evil,
        "reason": evil,
        "detail": evil,
        "split": evil,
        "hands_src": source,
    }
    fill(empty_lake, "clips", [{**clip, "keep": False}])
    run = {
        "run_id": evil,
        "flow": evil,
        "state": evil,
        "params": f'{{"thresholds": {{"<img>": "{evil[2:]}"}}}}',
    }
    fill(empty_lake, "runs", [run])
    text = html_of(empty_lake, tmp_path)
    assert "<img" not in text
    assert not any("onerror" in attributes for _, attributes in Reader(text).tags)


def test_nothing_is_loaded_from_elsewhere(html, page):
    for _, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "poster"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/"))
    assert "url(" not in html
    assert "@import" not in html


def test_the_policy_admits_the_page_s_own_script_only(html, page):
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_the_accounts_are_written_out(page):
    assert "2 = 1 ingested + 1 quarantined" in page.text
    assert "4 = 2 kept + 1 filtered + 1 quarantined" in page.text
    assert "3 videos = 1 ingested + 1 known + 1 quarantined" in page.text
    assert "does not add up" not in page.text


def test_a_sum_that_is_off_is_said(empty_lake, tmp_path):
    fill(empty_lake, "videos", [{"video_id": "1", "status": "lost"}])
    assert "does not add up" in html_of(empty_lake, tmp_path)


def test_one_row_a_clip_with_its_pictures_and_reason(page):
    rows = [one for one in page.all("article") if "sheet" in (one.get("class") or "")]
    assert [row["data-state"] for row in rows] == ["kept", "kept", "filtered"]
    assert [row["data-reason"] for row in rows] == ["", "", "too_short"]
    assert len(page.all("img")) == 2 * (6 + 1) + 1
    assert "The shot lasts under 2 s" in page.text
    assert "hands: hands 3 cafe" in page.text


def test_eight_histograms_are_drawn(page):
    labels = [one["aria-label"] for one in page.all("svg") if one.get("class") == "chart"]
    assert len(labels) == 8
    assert "clip length (s): kept 2, filtered 1 clips" in labels
    assert "mean confidence (0 to 1): left 2, right 0 clips" in labels
    assert "frames measured (share): left 2, right 2 clips" in labels


def test_a_row_says_what_the_mask_and_the_confidence_are(page):
    assert "doubt 0.25 confidence L 0.75 R – measured L 100 % R 0 % interpolated L 0 % R 0 %" in page.text
    assert "hands of others left out 7" in page.text
    assert "calibration 5f3a91c0" in page.text
    assert "The most doubtful stand first. Doubt is the share of the hands found" in page.text


def test_an_empty_lake_says_how_to_fill_it(empty_lake, tmp_path):
    text = Reader(html_of(empty_lake, tmp_path)).text
    assert f"emo2 ingest SOURCE --lake {empty_lake.uri}" in text
    assert "No clips to draw." in text
    assert "Nothing is quarantined." in text


def test_a_lake_of_quarantined_videos_lists_them(empty_lake, tmp_path):
    rows = [
        {"video_id": str(i), "uri": f"/raw/{i}.mp4", "status": "quarantined", "reason": "no_video"}
        for i in "ab"
    ]
    fill(empty_lake, "videos", rows)
    text = Reader(html_of(empty_lake, tmp_path)).text
    assert "2 = 0 ingested + 2 quarantined" in text
    assert "/raw/a.mp4" in text
    assert "The file holds sound or data only." in text


def test_the_page_says_that_clips_were_sampled(small_lake, tmp_path):
    write_report(small_lake, tmp_path / "r.html", max_clips=2)
    assert (
        "2 of 3 clips drawn: kept and filtered evenly; half of the kept are the lake's most doubtful"
        in Reader((tmp_path / "r.html").read_text()).text
    )


def test_a_run_without_counts_says_so():
    run = Run("r", "ingest", "failed", None, None, {}, {})
    assert run_sentence(run) == "no counts"
    assert (
        run_sentence(replace(run, counts={"videos": 0})) == "0 videos = 0 ingested + 0 known + 0 quarantined"
    )
