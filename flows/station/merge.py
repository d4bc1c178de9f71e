"""What becomes of a value that a file declares and a person may have edited in the UI since."""

from typing import Any


class _Missing:
    """A value that is not there, which is not the same as null."""

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


def merged(*, declared_before: Any, edited: Any, declared: Any) -> Any:
    """The edit where there was one, else what is declared now; inside of mappings, key by key.

    declared_before: what the last registration declared; edited: what the server has now. Each may be MISSING, and so
    may be what comes out: a schedule that a person deleted stays away.
    """
    if isinstance(edited, dict) and isinstance(declared, dict):
        before = declared_before if isinstance(declared_before, dict) else {}
        keys = [*edited, *(key for key in declared if key not in edited)]
        values = {
            key: merged(
                declared_before=before.get(key, MISSING),
                edited=edited.get(key, MISSING),
                declared=declared.get(key, MISSING),
            )
            for key in keys
        }
        return {key: value for key, value in values.items() if value is not MISSING}
    return declared if edited == declared_before else edited
