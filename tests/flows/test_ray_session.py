import signal
import threading
import time

import pytest
import ray

from flows.ray_session import Cancelled, ray_session


@ray.remote
def double(number: int) -> int:
    return 2 * number


@ray.remote
def sleep_long() -> None:
    time.sleep(600)


@pytest.mark.slow
def test_a_session_gives_results_keeps_the_sigterm_handler_and_stops_waiters():
    handler = signal.getsignal(signal.SIGTERM)
    with ray_session() as session:
        assert signal.getsignal(signal.SIGTERM) is handler
        refs = [session.submit(double, number) for number in (1, 2, 3)]
        assert sorted(value for _, value in session.results(refs)) == [2, 4, 6]

        threading.Timer(1.0, session.stop).start()
        with pytest.raises(Cancelled):
            list(session.results([session.submit(sleep_long)]))
        with pytest.raises(Cancelled):
            session.submit(double, 1)
    assert not ray.is_initialized()
