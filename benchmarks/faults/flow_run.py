"""One re-annotation in this process, timed: `python -m benchmarks.faults.flow_run LAKE ANNOTATOR [FRAMES]`.

Prints JSON: seconds of the flow, seconds from the start of this process to its end, clips, Prefect task runs as
its API counts them. Uses the Prefect server of PREFECT_API_URL, or one that ends with this process.
"""

import json
import sys
import time
from typing import Any

import psutil

from flows.environment import prepare_engines


def main() -> None:
    """FRAMES: of one Ray task."""
    lake, annotator, *frames = sys.argv[1:]
    prepare_engines()
    from flows.prefect_server import start_temporary_server
    from flows.reannotate import reannotate
    from flows.reannotation.config import ReannotateConfig

    start_temporary_server()
    options = {"frames_per_batch": int(frames[0])} if frames else {}
    began_s = time.perf_counter()
    state = reannotate(ReannotateConfig(lake=lake, annotator=annotator, **options), return_state=True)
    flow_s = time.perf_counter() - began_s
    if not state.is_completed():
        sys.exit(f"the run ended as {state.name}: {state.message}")
    told = {"flow_s": flow_s, "task_runs": _count_task_runs(state)}
    print(json.dumps(told | {"total_s": time.time() - psutil.Process().create_time()}))


def _count_task_runs(state: Any) -> int:
    from prefect.client.orchestration import get_client

    of_run = {"flow_runs": {"id": {"any_": [str(state.state_details.flow_run_id)]}}}
    with get_client(sync_client=True) as client:
        return int(client._client.post("/task_runs/count", json=of_run).raise_for_status().json())


if __name__ == "__main__":
    main()
