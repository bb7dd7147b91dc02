"""The `Range` header: RFC 9110, section 14."""

from __future__ import annotations

import re
from typing import Final

_SPEC: Final = re.compile(r"(\d{0,18})-(\d{0,18})")
#: Many small ranges cost the service more than the whole file; who asks for so many gets that.
_MOST: Final = 20


class UnsatisfiableError(ValueError):
    """None of the ranges has a byte of the representation."""


def wanted(header: str | None, size: int) -> list[range] | None:
    """Return the ranges that `header` asks for, those that touch joined; None where it is not there or to be ignored.

    Raises:
        UnsatisfiableError: it asks for nothing that there is.
    """
    unit, _, specs = (header or "").partition("=")
    if unit.strip().lower() != "bytes":
        return None
    pairs = [_SPEC.fullmatch(spec.strip()) for spec in specs.split(",") if spec.strip()]
    if not 0 < len(pairs) <= _MOST:
        return None
    found = []
    for pair in pairs:
        if pair is None or not any(pair.groups()):
            return None
        first, last = pair.groups()
        if first and last and int(first) > int(last):
            return None
        found.append(_span(first, last, size))
    some = [span for span in found if span]
    if not some:
        raise UnsatisfiableError(header)
    return _joined(some)


def _span(first: str, last: str, size: int) -> range:
    if not first:
        return range(max(0, size - int(last)), size)
    return range(int(first), min(size, int(last) + 1) if last else size)


def _joined(spans: list[range]) -> list[range]:
    """Return the ranges in the order of the request; if any touch or overlap, in order of place and without overlaps."""
    in_place = sorted(spans, key=lambda span: span.start)
    joined = in_place[:1]
    for span in in_place[1:]:
        before = joined[-1]
        if span.start <= before.stop:
            joined[-1] = range(before.start, max(before.stop, span.stop))
        else:
            joined.append(span)
    return spans if len(joined) == len(spans) else joined
