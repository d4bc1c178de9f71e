from pathlib import Path

from flows.station.daemon import Daemon
from flows.station.record import Record, forget_record, read_record, write_record

_DEAD = Daemon("server", 2**22 + 1, 1.5, Path("/logs/server.log"))  # no Linux gives such a pid
_RECORD = Record("http://127.0.0.1:4200", "http://127.0.0.1:4200/api", "127.0.0.1:6399", ("/data",), (_DEAD,))


def test_a_record_is_read_as_it_was_written(tmp_path):
    write_record(tmp_path, _RECORD)
    assert read_record(tmp_path) == _RECORD


def test_there_is_no_record_before_the_first_start_and_after_the_end(tmp_path):
    assert read_record(tmp_path) is None
    write_record(tmp_path, _RECORD)
    forget_record(tmp_path)
    assert read_record(tmp_path) is None


def test_a_record_that_is_torn_or_of_another_kind_counts_as_none(tmp_path):
    for text in ("", "{", "[]", '{"daemons": []}', '{"daemons": [{"pid": 1}]}'):
        (tmp_path / "station.json").write_text(text)
        assert read_record(tmp_path) is None


def test_a_dead_program_is_not_found():
    assert _RECORD.find("server") is None
    assert _RECORD.alive == ()


def test_a_program_takes_the_place_of_the_earlier_one_of_its_name():
    newer = Daemon("server", 2**22 + 2, 2.5, Path("/logs/server.log"))
    assert _RECORD.having(newer).daemons == (newer,)
