"""Attributes that many spans have in common, encoded once: a request writes only what it alone has."""

from collections.abc import Mapping
from typing import Any

from telemetry.traces._wire import encode_pair


class SharedAttributes(dict[str, Any]):
    """Attributes to begin a span with or to set on one, as any other mapping; kept by whoever makes many such spans.

    A `SlimSpan` refers to it, where another span copies from it. It must not be changed.
    """

    __slots__ = ("encoded", "longest")

    def __init__(self, attributes: Mapping[str, str | int]) -> None:
        super().__init__(attributes)
        #: The fields of these attributes in a `Span` message, without secrets.
        self.encoded = b"".join(encode_pair(key, value) for key, value in attributes.items())
        self.longest = max((len(value) for value in attributes.values() if isinstance(value, str)), default=0)
