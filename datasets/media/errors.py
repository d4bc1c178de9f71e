"""What can go wrong with media: data, never an exception that ends a job."""

from datasets.reasons import Reason


class MediaError(Exception):
    """Media that cannot be used: the callers turn it into a row with this reason and detail."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail
