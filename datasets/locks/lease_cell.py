"""A value in an object store that is replaced only by who has read the newest one.

It is a Lance table without rows, whose schema's metadata holds the value: a commit of the next version, tried once,
succeeds for one writer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import lance
import pyarrow as pa

# Who has read a version may be about to write the next: were that one gone by then, it would be written again.
_KEPT = timedelta(minutes=10)
STORE_ERRORS = (OSError, ValueError, RuntimeError)  # which of them depends on the store and the call


@dataclass(frozen=True)
class Holding:
    """Who holds a lease, as the cell says at one version."""

    version: int
    token: str  # of one hold; empty while nobody holds it
    holder: str  # for people
    lease_s: float  # how long the holder may stand still


@dataclass(frozen=True)
class LeaseCell:
    """The cell at one address, which need not exist yet."""

    uri: str
    storage_options: Mapping[str, str] | None = None

    def read(self, version: int | None = None) -> Holding | None:
        """The newest value, or that of one version; None where there is none. Raises what the store raises."""
        try:
            table = self._opened(version)
        except STORE_ERRORS as error:
            if "was not found" in str(error):
                return None
            raise
        value = {key.decode(): text.decode() for key, text in (table.schema.metadata or {}).items()}
        return Holding(table.version, value["token"], value["holder"], float(value["lease_s"]))

    def replace(self, read: Holding | None, token: str, holder: str, lease_s: float) -> Holding | None:
        """Write the value after `read` and return it; None where somebody else was first.

        Raises what the store raises where nobody was: it cannot be written.
        """
        version = read.version + 1 if read else 1
        wanted = Holding(version, token, holder, lease_s)
        try:
            self._commit(wanted, read)
        except STORE_ERRORS:
            written = self.read(version)
            if written is None:
                raise
            return wanted if written == wanted else None  # ours may hold though its answer was lost
        return wanted

    def clean(self) -> None:
        """Remove the versions nobody can be about to follow."""
        self._opened().cleanup_old_versions(older_than=_KEPT)

    def _commit(self, wanted: Holding, read: Holding | None) -> None:
        value = {"token": wanted.token, "holder": wanted.holder, "lease_s": str(wanted.lease_s)}
        lance.LanceDataset.commit(
            self.uri,
            lance.LanceOperation.Overwrite(pa.schema([("none", pa.null())], value), []),
            read_version=read.version if read else None,
            storage_options=self._options(),
            max_retries=0,
        )

    def _opened(self, version: int | None = None) -> lance.LanceDataset:
        return lance.dataset(self.uri, version=version, storage_options=self._options())

    def _options(self) -> dict[str, str] | None:
        return dict(self.storage_options) if self.storage_options else None
