import signal
import subprocess
import sys

import pytest

from benchmarks.faults.driver import Command, NeverHappened, kill_9, wait_until


@pytest.fixture
def program(tmp_path):
    """Starts programs, and ends what they leave."""
    commands: list[Command] = []

    def start(*command: str) -> Command:
        commands.append(Command(command, log=tmp_path / "log", env={"GREETING": "hello"}))
        return commands[-1]

    yield start
    for command in commands:
        command.end()


def test_what_it_says_and_how_it_ends_is_known(program):
    command = program("sh", "-c", "echo $GREETING; exit 3")
    assert command.wait(20) == 3
    assert command.said() == "hello\n"
    assert command.ended


def test_a_child_in_another_session_is_found_and_ended(program):
    code = "import subprocess; subprocess.run(['sleep', '50'], start_new_session=True)"
    command = program(sys.executable, "-S", "-c", code)
    wait_until(lambda: len(command.processes()) == 2, 20, "the child")
    command.signal(signal.SIGKILL)
    command.wait(20)
    assert [process.name() for process in command.processes()] == ["sleep"]
    assert command.end() == 1
    wait_until(lambda: command.processes() == [], 20, "its end")


def test_another_program_is_left_alone(program):
    with subprocess.Popen(["sleep", "50"]) as bystander:
        assert program("sleep", "0").wait(20) == 0
        assert bystander.poll() is None
        bystander.kill()


def test_kill_9_of_a_program_without_children_leaves_nothing_to_kill(program):
    command = program("sleep", "50")
    assert kill_9(command) == 0
    assert command.wait(1) == -signal.SIGKILL


def test_the_age_of_a_run_is_waited_for_unless_it_ends_before(program):
    assert program("sleep", "50").runs_until(0.2)
    assert not program("sleep", "0.1").runs_until(20)


def test_waiting_in_vain_says_for_what():
    with pytest.raises(NeverHappened, match="in vain for a bus"):
        wait_until(lambda: False, 0.1, "a bus")
