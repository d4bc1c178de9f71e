"""What the Hugging Face Hub has of a repository, and what goes wrong with it, in sentences."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from datasets.errors import UserError

DEFAULT_ENDPOINT = "https://huggingface.co"
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True)
class HubFile:
    """One file of a repository at one commit."""

    path: str
    size_bytes: int
    sha256: str | None  # of its content, where the Hub keeps it as a large file
    git_id: str | None  # SHA-1 of git's blob, of all files


@dataclass(frozen=True)
class Offer:
    """A repository at one commit."""

    repo: str
    commit: str
    files: tuple[HubFile, ...]


class Unreachable(UserError):
    """The Hub does not answer from here, or is not to be asked."""


def endpoint() -> str:
    """Where the Hub is: HF_ENDPOINT, as huggingface_hub has it."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def page(repo: str) -> str:
    return f"{endpoint()}/{repo}"


def ask(repo: str, revision: str) -> Offer:
    """What the Hub has of `repo` at a branch, tag or commit. Raises UserError."""
    from huggingface_hub import HfApi

    with told(repo, revision):
        info = HfApi(endpoint=endpoint()).model_info(repo, revision=revision, files_metadata=True)
    files = [
        HubFile(each.rfilename, each.size or 0, each.lfs.sha256 if each.lfs else None, each.blob_id)
        for each in info.siblings or ()
    ]
    if info.sha is None:
        raise UserError(f"the Hub names no commit of {repo} at {revision}: try another revision")
    return Offer(repo, info.sha, tuple(files))


@contextmanager
def told(repo: str, revision: str) -> Iterator[None]:
    """Turns what huggingface_hub raises into a UserError of one sentence."""
    import httpx2
    from huggingface_hub import errors

    _refuse_offline(repo)
    try:
        yield
    except errors.GatedRepoError as error:
        raise UserError(_gated(repo)) from error
    except errors.RevisionNotFoundError as error:
        raise UserError(f"model {repo} has no revision {revision}: see {page(repo)}/commits") from error
    except errors.RepositoryNotFoundError as error:
        raise UserError(
            f"model {repo} is not on the Hub, or is not for everyone: check the name, and HF_TOKEN if it is private"
        ) from error
    except errors.HFValidationError as error:
        raise UserError(f"{repo} is no name of a repository: give owner/name") from error
    except json.JSONDecodeError as error:
        why = "not a Hub's: check HF_ENDPOINT, and what stands between this machine and the network"
        raise UserError(f"the answer of {endpoint()} to what it has of model {repo} is {why}") from error
    except errors.HfHubHTTPError as error:
        raise UserError(_answered(repo, error.response.status_code)) from error
    except (httpx2.TransportError, errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError) as error:
        raise Unreachable(_unreachable(repo, type(error.__cause__ or error).__name__)) from error
    except OSError as error:
        raise UserError(_unwritable(repo, error)) from error


def _refuse_offline(repo: str) -> None:
    """huggingface_hub reads these once, when it is imported."""
    for variable in _OFFLINE:
        if os.environ.get(variable, "").upper() in ("1", "ON", "YES", "TRUE"):
            raise Unreachable(
                f"{variable} is set, so the Hub is not asked for model {repo}: unset it, or take a copy of yours "
                "with `emo2 models add` (docs/models.md)"
            )


def _gated(repo: str) -> str:
    if os.environ.get("HF_TOKEN"):
        return f"model {repo} is gated and the account of HF_TOKEN is not let in: accept its terms at {page(repo)}"
    return (
        f"model {repo} is gated: accept its terms at {page(repo)}, then set HF_TOKEN to a token of that account "
        f"({endpoint()}/settings/tokens)"
    )


def _answered(repo: str, status: int) -> str:
    if status in (401, 403):
        return f"the Hub refuses model {repo} ({status}): check HF_TOKEN, {endpoint()}/settings/tokens shows yours"
    remedies = {404: "choose another revision, and check HF_ENDPOINT", 429: "wait a while, or set HF_TOKEN"}
    remedy = remedies.get(status, "try again later, what came is kept")
    return f"the Hub answered {status} when asked for model {repo}: {remedy}"


def _unreachable(repo: str, why: str) -> str:
    return (
        f"the Hub at {endpoint()} cannot be reached for model {repo} ({why}): get it where it can be, and carry it "
        "here with `emo2 models add` (docs/models.md)"
    )


def _unwritable(repo: str, error: OSError) -> str:
    where = f" {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({error.strerror}) getting model {repo}: make room, what came is kept for next time"
    return (
        f"model {repo} cannot be written{where} ({error.strerror or error}): set HF_HOME to a folder of yours"
    )
