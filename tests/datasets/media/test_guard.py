import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasets.log_lines import gathered
from datasets.media.errors import MediaError
from datasets.media.guard import Guard, GuardedError, _tell
from datasets.reasons import Reason

HERE = "tests.datasets.media.guarded_functions"
MEMORY_BYTES = 300_000_000
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def _children_find_the_tests() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(deadline_s=20, memory_bytes=MEMORY_BYTES) as guard:
        yield guard


def reason_of(guard: Guard, function: str, request: dict, **options: float) -> Reason:
    with pytest.raises(MediaError) as caught:
        guard.call(f"{HERE}:{function}", request, **options)
    return caught.value.reason


def child_pid(guard: Guard) -> int:
    return guard.call(f"{HERE}:pid", {}).values["pid"]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends_within(pid: int, seconds: float) -> bool:
    ends_at = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < ends_at:
        time.sleep(0.05)
    return not is_running(pid)


def test_a_call_returns_the_functions_values(guard: Guard):
    assert guard.call(f"{HERE}:echo", {"a": [1, None, "é"]}).values == {"a": [1, None, "é"]}


def test_a_call_returns_the_functions_table(guard: Guard):
    reply = guard.call(f"{HERE}:table", {"rows": 3})
    assert reply.values == {"rows": 3}
    assert reply.table is not None
    assert reply.table.to_pydict() == {"row": [0, 1, 2]}


def test_one_child_serves_many_calls_in_a_session_of_its_own(guard: Guard):
    first, second = (guard.call(f"{HERE}:pid", {}).values for _ in range(2))
    assert first == second
    assert first["session"] == first["pid"] != os.getsid(0)


def test_a_media_error_arrives_as_it_was_raised_and_keeps_the_child(guard: Guard):
    before = child_pid(guard)
    with pytest.raises(MediaError, match=r"x\.mp4: no video track") as caught:
        guard.call(f"{HERE}:bad_media", {})
    assert caught.value.reason is Reason.NO_VIDEO
    assert child_pid(guard) == before


def test_what_the_child_logs_is_logged_here(guard: Guard):
    with gathered() as lines:
        guard.call(f"{HERE}:log", {"lines": 1})
    assert [(line.level, line.text.partition(" (")[0]) for line in lines] == [
        (logging.INFO, "line 0"),
        (logging.WARNING, "other: slow disk"),
        (logging.WARNING, "RuntimeWarning: old file"),
    ]


def test_what_the_child_logs_before_it_raises_is_logged_too_but_never_more_than_there_may_be(guard: Guard):
    with gathered() as lines, pytest.raises(MediaError, match="no video track"):
        guard.call(f"{HERE}:log", {"lines": 500, "fails": True})
    assert len(lines) == 51
    assert guard.call(f"{HERE}:echo", {"still": "here"}).values == {"still": "here"}


@pytest.mark.parametrize(
    "sent", [b"no JSON", b"[" * 10_000, b'[[20, "x"]]' + b" " * (1 << 19), b'{"level": 20}']
)
def test_a_child_that_sends_something_else_than_lines_is_not_believed(sent: bytes):
    with gathered() as lines:
        _tell(sent)
    assert lines == []


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("mistake", "seven is not even"),
        ("not_json", "not JSON serializable"),
        ("no_such_function", "no_such_function"),
    ],
)
def test_any_other_exception_arrives_with_the_childs_traceback(guard: Guard, function: str, text: str):
    with pytest.raises(GuardedError, match=text) as caught:
        guard.call(f"{HERE}:{function}", {})
    assert "Traceback" in str(caught.value)
    assert guard.call(f"{HERE}:echo", {"still": "here"}).values == {"still": "here"}


def test_a_call_past_its_deadline_is_ended_and_the_next_works(guard: Guard):
    slow = child_pid(guard)
    assert reason_of(guard, "sleep", {"seconds": 60}, deadline_s=0.3) is Reason.TIMEOUT
    assert not is_running(slow)
    assert child_pid(guard) != slow


def test_a_call_past_its_memory_is_ended_and_the_next_works(guard: Guard):
    assert guard.call(f"{HERE}:allocate", {"bytes": MEMORY_BYTES // 2}).values == {"sum": MEMORY_BYTES // 2}
    greedy = child_pid(guard)
    assert reason_of(guard, "allocate", {"bytes": 2 * MEMORY_BYTES}) is Reason.OUT_OF_MEMORY
    assert not is_running(greedy)
    assert guard.call(f"{HERE}:echo", {}).values == {}


def test_what_is_kept_outside_the_cap_is_not_counted_then_or_later():
    with Guard(deadline_s=60, memory_bytes=MEMORY_BYTES) as guard:
        kept = {"bytes": 2 * MEMORY_BYTES}
        for _ in range(2):  # more each time, and each time beyond the budget
            assert guard.call(f"{HERE}:keep_outside_the_cap", kept).values == {"sum": 2 * MEMORY_BYTES}
            half = {"bytes": MEMORY_BYTES // 2}
            assert guard.call(f"{HERE}:allocate", half).values == {"sum": MEMORY_BYTES // 2}
        assert reason_of(guard, "allocate", {"bytes": 2 * MEMORY_BYTES}) is Reason.OUT_OF_MEMORY


def test_an_abort_for_lack_of_memory_is_told_from_a_crash(guard: Guard):
    text = "terminate called after throwing an instance of 'std::bad_alloc'"
    assert reason_of(guard, "print_and_crash", {"text": text}) is Reason.OUT_OF_MEMORY
    assert reason_of(guard, "print_and_crash", {"text": "assertion failed"}) is Reason.CRASHED


def test_an_exit_and_a_segmentation_fault_are_crashes_that_keep_their_last_words(guard: Guard):
    with pytest.raises(MediaError, match="exit code 3"):
        guard.call(f"{HERE}:leave", {"code": 3})
    with pytest.raises(MediaError, match=r"SIGSEGV(.|\n)*guarded_functions") as caught:
        guard.call(f"{HERE}:crash", {})
    assert caught.value.reason is Reason.CRASHED
    assert guard.call(f"{HERE}:echo", {}).values == {}


def test_a_child_that_dies_between_calls_is_a_crash_and_is_replaced(guard: Guard):
    os.kill(child_pid(guard), signal.SIGKILL)
    assert reason_of(guard, "echo", {}) is Reason.CRASHED
    assert guard.call(f"{HERE}:echo", {}).values == {}


def test_libraries_may_be_imported_inside_a_call():
    with Guard(deadline_s=60, memory_bytes=2_000_000_000) as guard:
        assert guard.call(f"{HERE}:import_mediapipe", {}).values == {}


def test_two_guards_work_side_by_side_in_threads():
    def nap(_: int) -> int:
        with Guard(deadline_s=20, memory_bytes=MEMORY_BYTES) as guard:
            guard.call(f"{HERE}:sleep", {"seconds": 0.2})
            return child_pid(guard)

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(nap, range(2)))) == 2


def test_a_guard_survives_the_thread_that_first_called_it():
    with Guard(deadline_s=20, memory_bytes=MEMORY_BYTES) as guard:
        pids: list[int] = []
        thread = threading.Thread(target=lambda: pids.append(child_pid(guard)))
        thread.start()
        thread.join()
        time.sleep(0.3)  # the kernel's signal, were there one, has come
        assert child_pid(guard) == pids[0]


def test_closing_ends_the_child():
    guard = Guard(deadline_s=20, memory_bytes=MEMORY_BYTES)
    pid = child_pid(guard)
    guard.close()
    assert not is_running(pid)


def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        idle, busy = (int(pid) for pid in parent.stdout.readline().split())
        time.sleep(0.5)
        assert is_running(idle)
        assert is_running(busy)
        parent.kill()
    assert ends_within(idle, 5)
    assert ends_within(busy, 5)


PARENT = f"""
from datasets.media.guard import Guard
guards = [Guard(deadline_s=600, memory_bytes={MEMORY_BYTES}) for _ in range(2)]
print(*(guard.call("{HERE}:pid", {{}}).values["pid"] for guard in guards), flush=True)
guards[1].call("{HERE}:sleep", {{"seconds": 600}})
"""
