from pathlib import Path

from flows.station.config import StationConfig, ray_folder

_SOCKET_LIMIT = 107  # characters of a unix socket's path on Linux
_RAY_ADDS = 66  # /session_<date>_<pid>/sockets/plasma_store


def test_places_of_this_machine_are_kept_absolute_and_addresses_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = StationConfig(state=Path("state"), lake="lake", roots=("data", "s3://bucket/lakes"))
    assert config.state == tmp_path / "state"
    assert config.lake == str(tmp_path / "lake")
    assert config.roots == (str(tmp_path / "data"), "s3://bucket/lakes")


def test_everything_answers_on_loopback_at_the_chosen_ports():
    config = StationConfig(port=4301, ray_port=6401)
    assert config.api_url == "http://127.0.0.1:4301/api"
    assert config.ray_address == "127.0.0.1:6401"


def test_ray_has_a_folder_of_its_own_for_each_station_short_enough_for_sockets(tmp_path):
    deep = tmp_path / ("deep" * 30)
    assert len(str(ray_folder(deep))) + _RAY_ADDS <= _SOCKET_LIMIT
    assert ray_folder(deep) == ray_folder(deep)
    assert ray_folder(deep) != ray_folder(tmp_path)
