"""The rows of the station's benchmark, from waits that are given."""

from benchmarks.station import Waited, _rows

QUICK = Waited(pending_s=1.0, running_s=4.0, shard_s=5.0, cancel_s=3.0)
SLOW = Waited(pending_s=9.0, running_s=20.0, shard_s=25.0, cancel_s=31.0)


def test_the_median_start_and_the_slowest_cancel_are_held_against_their_targets():
    first, own_ray, cancel, own_cancel, up = _rows(19.0, [QUICK, QUICK, SLOW], [QUICK])
    assert (first.value, first.target, first.met) == (5.0, 15.0, True)
    assert first.parts["slowest s"] == 25.0
    assert own_ray.parts == {"ratio": 1.0}
    assert (cancel.value, cancel.target, cancel.met) == (31.0, 30.0, False)
    assert own_cancel.met
    assert up.value == 19.0
