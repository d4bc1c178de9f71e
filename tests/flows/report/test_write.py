import pytest

from flows.report import ReportError, write_report
from flows.report import write as module


def test_the_summary_tells_what_was_written(small_lake, tmp_path):
    out = tmp_path / "report.html"
    summary = write_report(small_lake, out)
    assert (summary.clips, summary.clips_drawn, summary.videos, summary.videos_quarantined) == (4, 3, 2, 1)
    assert summary.size_bytes == out.stat().st_size > 10_000
    assert out.read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_progress_counts_the_drawn_clips(small_lake, tmp_path):
    told = []
    write_report(small_lake, tmp_path / "r.html", progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_report_that_fails_leaves_the_old_one_and_no_scrap(small_lake, tmp_path, monkeypatch):
    out = tmp_path / "report.html"
    out.write_text("old")

    def fail(*_: object) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr(module, "make_sheet", fail)
    with pytest.raises(RuntimeError, match="half way"):
        write_report(small_lake, out)
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_as_file_is_refused_in_one_sentence(small_lake, tmp_path):
    with pytest.raises(ReportError, match="it is a folder"):
        write_report(small_lake, tmp_path)


def test_a_missing_folder_is_refused_in_one_sentence(small_lake, tmp_path):
    with pytest.raises(ReportError, match="does not exist"):
        write_report(small_lake, tmp_path / "none" / "report.html")


def test_fewer_frames_can_be_asked_for(small_lake, tmp_path):
    many, few = (write_report(small_lake, tmp_path / f"{n}.html", frames_per_clip=n) for n in (6, 1))
    assert few.size_bytes < many.size_bytes
