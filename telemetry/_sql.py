"""What may be told of a statement: its text without literals, and a short name of few values."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

# A statement of an import can be megabytes long; its beginning says what it is.
_LONGEST: Final = 4096

_COMMENT: Final = r"(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))"
_NUMBER: Final = r"(?<![\w$:%.@])\d[\w.]*"
# A literal that is cut off by the length ends with the text.
_STANDARD: Final = re.compile(
    rf"{_COMMENT}|[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)|{_NUMBER}",
    re.DOTALL,
)
# Here a backslash escapes, and double quotes hold texts too.
_MYSQL: Final = re.compile(
    rf"{_COMMENT}|\#[^\n]*|'(?:[^'\\]|\\.|'')*(?:'|\Z)|\"(?:[^\"\\]|\\.|\"\")*(?:\"|\Z)|{_NUMBER}",
    re.DOTALL,
)
_OPERATION: Final = re.compile(r"[\s(]*([A-Za-z]{2,20})\b")
_TABLE: Final = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN|TABLE)\s+([\w.\"`\[\]]{1,100})", re.IGNORECASE)


class Query(NamedTuple):
    """A statement as it is shown."""

    text: str
    operation: str
    table: str

    @property
    def summary(self) -> str:
        """The span's name."""
        return f"{self.operation} {self.table}".strip() or "SQL"


def query(statement: str, dialect: str) -> Query:
    """Return what is shown of `statement`; those that come again cost a look-up."""
    return _seen(statement[:_LONGEST], dialect)


@lru_cache(maxsize=512)
def _seen(statement: str, dialect: str) -> Query:
    pattern = _MYSQL if dialect in ("mysql", "mariadb") else _STANDARD
    text = pattern.sub(lambda found: "" if found.lastgroup == "comment" else "?", statement).strip()
    operation = _OPERATION.match(text)
    table = _TABLE.search(text)
    return Query(
        text,
        operation.group(1).upper() if operation else "",
        table.group(1).strip('"`[]') if table and table.group(1) != "?" else "",
    )
