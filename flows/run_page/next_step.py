"""What to do after a run that failed: the second half of its message."""

from datasets.errors import UserError

GOES_ON = "what was committed stays: press Retry or run this again, and it goes on from there"
_SAYS_IT = "run this again"


def with_next_step(sentence: str, step: str = GOES_ON) -> str:
    """The sentence and the step; the sentence alone where it already says how to go on."""
    return sentence if _SAYS_IT in sentence else f"{sentence.rstrip('.')}; {step}"


def lost_ray(error: BaseException | None) -> bool:
    """The error, or what caused it, is Ray's own and not of the work that Ray was given."""
    if error is None or isinstance(error, UserError | OSError):
        return False
    from ray.exceptions import RayError, RayTaskError, TaskCancelledError  # slow to import

    own = isinstance(error, RayError) and not isinstance(error, RayTaskError | TaskCancelledError)
    return own or lost_ray(error.__cause__)


def ray_sentence(address: str | None, what: str) -> str:
    """address: where the run looked for Ray; None: it had one of its own on this machine. what: went wrong."""
    if address is None:
        return (
            f"Ray on this machine was lost ({what}), as it is when memory runs out: look under Logs, free memory or"
            f" lower what runs beside it; {GOES_ON}"
        )
    return (
        f"the Ray cluster at {address} was lost ({what}): see that it runs, with `emo2 doctor`, and start it again"
        f" with `make up` where it is this machine's; {GOES_ON}"
    )


def shut_ray_sentence(address: str | None, what: str) -> str:
    """Of a Ray that listens and cannot be joined."""
    return (
        f"Ray at {address or 'this machine'} could not be joined ({what}): see that it runs this release of Ray and"
        f" that the worker has its token (RAY_AUTH_MODE, RAY_AUTH_TOKEN_PATH); {GOES_ON}"
    )


def crash_sentence(what: str) -> str:
    """Of an error that nobody expected. what: its kind and text."""
    return f"a fault of ours ended the run, {what}: the traceback is under Logs, please report it; {GOES_ON}"
