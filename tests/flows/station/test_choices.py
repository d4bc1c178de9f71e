from flows.station.choices import with_choices


def _choose(state, lake=None, roots=None):
    chosen = with_choices(port=4200, ray_port=6399, state=state, lake=lake, roots=roots)
    return chosen.lake, chosen.roots


def test_the_next_start_takes_lake_and_roots_of_the_last(tmp_path):
    assert _choose(tmp_path) == (None, ())
    assert _choose(tmp_path, "s3://lakes/a", ("/data",)) == ("s3://lakes/a", ("/data",))
    assert _choose(tmp_path) == ("s3://lakes/a", ("/data",))


def test_an_empty_choice_takes_back_the_last(tmp_path):
    _choose(tmp_path, "/lake", ("/data",))
    assert _choose(tmp_path, "", ()) == (None, ())
    assert _choose(tmp_path) == (None, ())
