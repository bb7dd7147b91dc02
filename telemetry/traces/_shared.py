"""Attributes that many spans have in common, encoded once: a span then writes only what it alone has.

Both kinds are mappings, to begin a span with or to set on one as any other. A `SlimSpan` refers to what is shared,
where another span copies it.
"""

from collections.abc import Mapping
from typing import Any

from telemetry.traces._wire import encode_pair


class SharedAttributes(dict[str, Any]):
    """Texts and whole numbers, kept by whoever makes many spans that have them. They must not be changed."""

    __slots__ = ("encoded", "longest")

    def __init__(self, attributes: Mapping[str, str | int]) -> None:
        super().__init__(attributes)
        #: The fields of these attributes in a `Span` message, without secrets.
        self.encoded = b"".join(encode_pair(key, value) for key, value in attributes.items())
        self.longest = max((len(value) for value in attributes.values() if isinstance(value, str)), default=0)


class LayeredAttributes(dict[str, Any]):
    """Shared attributes and others, none of which is in both."""

    __slots__ = ("own", "shared")

    def __init__(self, shared: SharedAttributes, own: dict[str, Any]) -> None:
        super().__init__(shared)
        self.update(own)
        self.shared = shared
        self.own = own
