"""Attributes that many spans have in common, encoded once: a span then writes only what it alone has.

Both kinds are mappings, to begin a span with or to set on one as any other. A `SlimSpan` refers to what is shared,
where another span copies it.
"""

from collections.abc import Iterator, Mapping
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


class LayeredAttributes(Mapping[str, Any]):
    """Shared attributes and a span's own: texts and whole numbers, none of them in both. Nothing is copied to make it.

    `own` goes over to the span; `longest` is the length of its longest text.
    """

    __slots__ = ("longest", "own", "shared")

    def __init__(self, shared: SharedAttributes, own: dict[str, str | int], longest: int) -> None:
        self.shared = shared
        self.own = own
        self.longest = max(shared.longest, longest)

    def __getitem__(self, key: str) -> Any:
        return self.shared[key] if key in self.shared else self.own[key]

    def __iter__(self) -> Iterator[str]:
        yield from self.shared
        yield from self.own

    def __len__(self) -> int:
        return len(self.shared) + len(self.own)
