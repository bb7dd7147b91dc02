"""What a statement does, in one word of a small set."""

import re
from typing import Final

_FIRST_WORD: Final = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*([a-zA-Z]+)", re.DOTALL)
_LOOKED_AT: Final = 400
_WORDS: Final = frozenset(
    {
        *(
            "ALTER",
            "ANALYZE",
            "BEGIN",
            "CALL",
            "COMMIT",
            "COPY",
            "CREATE",
            "DELETE",
            "DROP",
            "EXPLAIN",
            "GRANT",
            "INSERT",
        ),
        *(
            "LISTEN",
            "LOCK",
            "MERGE",
            "NOTIFY",
            "PRAGMA",
            "RELEASE",
            "REPLACE",
            "ROLLBACK",
            "SAVEPOINT",
            "SELECT",
            "SET",
        ),
        *("SHOW", "TRUNCATE", "UPDATE", "VACUUM", "VALUES", "WITH"),
    }
)


def operation_name(statement: str) -> str:
    """Return the first word of a statement in capitals, `_OTHER` for one that SQL does not begin with."""
    found = _FIRST_WORD.match(statement[:_LOOKED_AT])
    word = found[1].upper() if found else ""
    return word if word in _WORDS else "_OTHER"
