"""HTTP methods as a label: few, whatever is sent."""

from typing import Final

OTHER_METHOD: Final = "_OTHER"
METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})


def bounded_method(method: str) -> str:
    """Return a method of RFC 9110, RFC 5789 or the QUERY draft as it is, any other as `_OTHER`."""
    return method if method in METHODS else OTHER_METHOD
