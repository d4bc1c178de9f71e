"""The annotators of this release by slot, version and what they read: what tells stale labels apart, for nothing.

The classes say the same of themselves, but importing them takes longer than counting a lake. A test holds the two
together.
"""

from dataclasses import dataclass

from datasets.staleness import ANNOTATED, INPUTS, NEVER, VERSION, Wanted


@dataclass(frozen=True)
class Current:
    """One annotator as it is now; its class has the same version and reads."""

    slot: str
    version: str
    reads: tuple[str, ...] = ()

    @property
    def stale(self) -> str:
        """SQL over `clips`: kept, and empty, of another version, or derived from values replaced since.

        Parameters do not count: clips of one lake may have been labelled with different ones on purpose.
        """
        reasons = Wanted(self.slot, self.version, "", self.reads).reasons
        return f"{ANNOTATED} AND ({reasons[NEVER]} OR {reasons[VERSION]} OR {reasons[INPUTS]})"


CURRENT = (
    Current("body", "2"),
    Current("hands", "2", ("body",)),
    Current("motion", "2", ("body", "hands")),
    Current("fingerprint", "1"),
    Current("face", "1", ("body",)),
    Current("audio", "1"),
    Current("reference", "1", ("body", "hands", "face")),
    Current("speech", "1"),
    Current("speaker", "1", ("face", "audio", "speech")),
    Current("style", "1", ("motion", "audio", "speech")),
)


def stale_now() -> dict[str, str]:
    """slot -> SQL over `clips`, for `Lake.status`."""
    return {each.slot: each.stale for each in CURRENT}
