"""Makes a line fit: collectors cut lines of some 64 KiB into pieces that are no JSON any more."""

from typing import Any, Final

LONGEST_LINE: Final = 64 * 1024
_TEXT: Final = 1000
_ITEMS: Final = 20


def shrunk(value: Any) -> Any:
    """Return JSON data with its texts cut off and the middle of its lists and mappings left out."""
    if isinstance(value, str):
        return value if len(value) <= _TEXT else f"{value[:_TEXT]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {shrunk(name): shrunk(item) for name, item in list(value.items())[: 2 * _ITEMS]}
    if isinstance(value, list):
        # Of a traceback the outermost and the innermost frames tell the most.
        ends = value if len(value) <= _ITEMS else [*value[: _ITEMS // 2], *value[-_ITEMS // 2 :]]
        return [shrunk(item) for item in ends]
    return value


def flat(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the plain values alone, where even the shrunk ones do not fit."""
    kept = {name: value for name, value in fields.items() if not isinstance(value, dict | list)}
    return dict(list(kept.items())[: 2 * _ITEMS]) | {"cut": True}
