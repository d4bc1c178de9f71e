"""What videos are read and written with (flows.doctor.media)."""

from flows.doctor import media
from flows.doctor.media import codecs


def test_the_codecs_of_this_environment_are_in_order(scope):
    assert {each.state for each in codecs(scope)} == {"ok"}


def test_a_codec_that_cannot_be_read_is_a_warning(scope, monkeypatch):
    monkeypatch.setattr(media, "_READ", ("h264", "of_next_year"))
    found = next(codecs(scope))
    assert (found.state, "cannot read of_next_year" in found.text) == ("warning", True)


def test_a_codec_that_cannot_be_written_is_a_problem(scope, monkeypatch):
    monkeypatch.setattr(media, "_WRITTEN", ("libx264", "of_next_year"))
    found = next(codecs(scope))
    assert (found.state, "cannot write of_next_year" in found.text) == ("problem", True)
