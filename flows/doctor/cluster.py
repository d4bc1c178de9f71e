"""Ray: the cluster that runs are sent to, or one that starts here."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from flows.doctor.finding import Finding, ok, problem, warning
from flows.doctor.scope import Scope
from flows.ray_head import RayNotThere, ray_address, refuse_silent_head

_START_WITHIN_S = 22.0
_SCRIPT = """
import ray, sys
ray.init(address="local", num_cpus=1, include_dashboard=False, object_store_memory=80 << 20, log_to_driver=False,
         logging_level="ERROR", _temp_dir=sys.argv[1])
assert ray.get(ray.remote(lambda: 7).remote()) == 7
ray.shutdown()
"""
_QUIET = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # else it listens on every interface
    "RAY_USAGE_STATS_ENABLED": "0",
    "AUTOSCALER_METRIC_PORT": "0",
    "DASHBOARD_METRIC_PORT": "0",
}


def ray(scope: Scope) -> Iterator[Finding]:
    """The one at RAY_ADDRESS or of the station answers; without either, one starts and works."""
    record = scope.station
    ours = record.ray_address if record and record.find("ray") else None
    address = ray_address(None) or ours
    if address is None:
        yield _starts()
        return
    try:
        refuse_silent_head(address)
    except RayNotThere as error:
        yield problem("Ray", str(error).partition(": ")[0], "run `make up`, or put RAY_ADDRESS right")
    else:
        yield ok("Ray", f"answers at {address}")


def _starts() -> Finding:
    with tempfile.TemporaryDirectory(prefix="emo2-ray-", ignore_cleanup_errors=True) as folder:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("RAY_")
        } | _QUIET
        process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        try:
            _, words = process.communicate(timeout=_START_WITHIN_S)
        except subprocess.TimeoutExpired:
            _end(process)
            text = f"it did not start within {_START_WITHIN_S:.0f} s"
            return warning(
                "Ray", text, "try again when the machine is less busy; `make up` keeps one at work"
            )
    if process.returncode:
        last = (words.strip() or f"code {process.returncode}").splitlines()[-1]
        return problem(
            "Ray", f"it does not start here: {last}", "see memory and packages above, then `make setup`"
        )
    return ok("Ray", "starts here; no RAY_ADDRESS, so each run starts its own")


def _end(process: "subprocess.Popen[str]") -> None:
    """The trial and the Ray that it began to start, which is in its session."""
    import psutil

    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for each in family:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    process.communicate()
