"""Cuts secrets out of what leaves the process: API keys, bearer tokens, passwords, fields named like one."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

CUT: Final = "[redacted]"
_DEPTH: Final = 12

# No word boundary in front: in a rendered line the letter of an escape (`\n`) may come right before.
# Twelve characters and more: shorter ones are the readable prefixes by which a key may be named.
_PATTERN: Final = re.compile(
    r"(?P<key>pv_)[A-Za-z0-9_\-]{12,}"
    r"|(?P<scheme>(?:bearer|basic)(?:[ +]|\\t|%20){1,4})[A-Za-z0-9._~+/=\-]{6,}"
    r"|(?P<user>://[^\s/@:\"'\\]*:)[^\s/@\"'\\]+(?=@)"
    # As in a connection string, a keyword argument or JSON; not in prose, where words follow the colon.
    r"|(?P<password>passw(?:or)?d(?:\\?[\"'])?(?:\s?=\s?(?:\\?[\"'])?|:\s?\\?[\"']))[^\s\"'\\,;&)]+",
    re.IGNORECASE,
)
_NAMES: Final = re.compile(r"passw|secret|token|api_?key|authorization|cookie|credential", re.IGNORECASE)


def redact(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced; the rest is unchanged."""
    small = text.lower()
    # Nearly every text has none of these: looking costs a tenth of what the pattern does.
    if not ("pv_" in small or "bearer" in small or "basic" in small or "://" in small or "passw" in small):
        return text
    return _PATTERN.sub(lambda match: f"{match.group(match.lastgroup or 0)}{CUT}", text)


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _NAMES.search(name) is not None


def redact_fields(fields: Mapping[str, Any], depth: int = _DEPTH) -> dict[str, Any]:
    """Return `fields` without the values of those that are named like a secret, down to `depth` levels."""
    return {name: _field(str(name), value, depth - 1) for name, value in fields.items()}


def _field(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, str | bytes):
        return CUT if value and _is_secret(name) else value
    if not isinstance(value, Mapping | list | tuple):
        return value  # numbers and flags under such names (token_count, has_password) are no secrets
    if depth <= 0:
        return "…"
    if isinstance(value, Mapping):
        return redact_fields(value, depth)
    return [_field(name, item, depth - 1) for item in value]
