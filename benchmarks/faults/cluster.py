"""Two Ray nodes on this machine, in a process of their own: `python -m benchmarks.faults.cluster`.

Prints the cluster's address; on each line of input kills the second node as a power cut would and starts another.
Ends with its input.
"""

import os
import sys
from typing import Any

from ray.cluster_utils import Cluster

from flows.environment import prepare_engines

_OBJECT_STORE_BYTES = 256 << 20


def main() -> None:
    """Each node has half of the machine's cores."""
    prepare_engines()
    size: dict[str, Any] = {
        "num_cpus": max(1, (os.cpu_count() or 2) // 2),
        "object_store_memory": _OBJECT_STORE_BYTES,
    }
    cluster = Cluster(initialize_head=True, head_node_args={**size, "include_dashboard": False})
    try:
        second = cluster.add_node(**size)
        cluster.wait_for_nodes()
        print(cluster.address, flush=True)
        for _ in sys.stdin:
            cluster.remove_node(second, allow_graceful=False)
            print("killed", flush=True)
            second = cluster.add_node(**size)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
