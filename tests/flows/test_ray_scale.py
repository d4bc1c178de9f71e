"""Many tasks on several nodes, some of which are lost (flows.ray_session)."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from flows.ray_session import RaySession, ray_session

pytestmark = pytest.mark.slow


@ray.remote(num_cpus=1, max_retries=2)
def work(folder: Path, number: int, seconds: float) -> tuple[int, str]:
    """Says in `folder` where it runs; gives its number and node."""
    node = ray.get_runtime_context().get_node_id()
    with (folder / str(number)).open("a") as file:
        file.write(f"{os.getpid()} {node}\n")
    time.sleep(seconds)
    return number, node


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One node of one CPU; tests add a second."""
    quiet = {"include_dashboard": False, "object_store_memory": 100 << 20}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **quiet})
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def session(cluster) -> Iterator[RaySession]:
    with ray_session(cluster.address) as session:
        yield session


def starts(folder: Path) -> dict[int, list[tuple[int, str]]]:
    """number -> (pid, node) of each time it was started."""
    lines = {int(file.name): file.read_text().split("\n")[:-1] for file in folder.iterdir()}
    return {
        number: [(int(line.split()[0]), line.split()[1]) for line in said] for number, said in lines.items()
    }


def wait_for(condition, seconds: float = 30.0):
    end_s = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.05)
    return found


@contextmanager
def meanwhile(function: Callable[[], None]) -> Iterator[None]:
    """Runs `function` in a thread beside the block; raises what it raised."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(function)
        yield
        done.result()


def test_an_endless_source_is_read_no_further_than_what_is_in_flight(session, tmp_path):
    asked = count()
    results = session.map(work, ((tmp_path, number, 0.0) for number in asked), in_flight=3)
    seen = [next(results)[1][0] for _ in range(10)]
    assert next(asked) == 10 + 2  # three in flight, of which the tenth has come
    results.close()
    assert not session._pending
    assert len(set(seen)) == 10


def test_a_task_whose_worker_is_killed_runs_again(session, tmp_path):
    killed = []

    def kill() -> None:
        pid, _ = wait_for(lambda: starts(tmp_path).get(1))[0]
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    with meanwhile(kill):
        assert [value[0] for _, value in session.map(work, [(tmp_path, 1, 2.0)])] == [1]
    assert [pid == killed[0] for pid, _ in starts(tmp_path)[1]] == [True, False]


def test_a_run_grows_with_the_cluster_and_finishes_though_a_node_is_lost(cluster, session, tmp_path):
    assert session.room() == 2
    second = cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    cluster.wait_for_nodes()
    wait_for(lambda: session.room() == 4)

    def lose() -> None:
        wait_for(lambda: any(said[-1][1] == second.node_id for said in starts(tmp_path).values()))
        cluster.remove_node(second, allow_graceful=False)

    with meanwhile(lose):
        values = [value for _, value in session.map(work, [(tmp_path, number, 1.0) for number in range(8)])]
    assert sorted(number for number, _ in values) == list(range(8))
    assert any(len(said) > 1 for said in starts(tmp_path).values())  # the lost node was at work
