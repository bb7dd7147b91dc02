"""Tables with a bound, and what makes two errors the same."""

import re
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

Row = TypeVar("Row")
OTHER: Final = "(others)"

# Longest first: an id would be eaten piece by piece as numbers.
_VARIABLE: Final = re.compile(
    r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|\b0x[0-9a-fA-F]+\b"
    r"|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b"
    r"|\d+(?:\.\d+)?"
)
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_LONGEST: Final = 160


class Table(Generic[Row]):
    """Rows by key, at most `bound` of them; what comes after shares the row `(others)`."""

    def __init__(self, make: Callable[[], Row], bound: int) -> None:
        self._make = make
        self._bound = bound
        self._rows: dict[str, Row] = {}

    def __getitem__(self, key: str) -> Row:
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= self._bound and key != OTHER:
                return self[OTHER]
            row = self._rows[key] = self._make()
        return row

    def __len__(self) -> int:
        return len(self._rows)

    def top(self, by: Callable[[Row], float]) -> Iterator[tuple[str, Row]]:
        """Yield keys and rows, the largest first; equal ones by key."""
        yield from sorted(self._rows.items(), key=lambda entry: (-by(entry[1]), entry[0]))


def pattern(text: str) -> str:
    """Return `text` with ids, numbers and quoted values as `#`: the same error about two jobs reads the same."""
    first = text.strip().partition("\n")[0][: _LONGEST * 4]
    return _VARIABLE.sub("#", _QUOTED.sub("'#'", first))[:_LONGEST].rstrip()
