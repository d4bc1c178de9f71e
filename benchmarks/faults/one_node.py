"""A Ray node with so many workers, in a process of its own: `python -m benchmarks.faults.one_node WORKERS`.

Prints its address; ends with its input.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_OBJECT_STORE_BYTES = 256 << 20


@contextmanager
def one_node(workers: int, env: Mapping[str, str]) -> Iterator[str]:
    """The address of a node that ends with the block."""
    command = [sys.executable, "-m", "benchmarks.faults.one_node", str(workers)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def main() -> None:
    """Workers are as many as the node says it has cores."""
    from flows.environment import prepare_engines

    prepare_engines()
    from ray.cluster_utils import Cluster

    size = {"num_cpus": int(sys.argv[1]), "object_store_memory": _OBJECT_STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args={**size, "include_dashboard": False})
    try:
        print(cluster.address, flush=True)
        sys.stdin.read()
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
