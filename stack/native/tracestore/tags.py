"""Search by tag: a filter that SQLite applies to the stored bytes, and the exact check after it.

A protobuf attribute is written the same way wherever it stands, so a span that has `key=value` among its
attributes, events or links holds the bytes of that pair. SQLite looks for these bytes without decoding
anything; the few spans it lets through are decoded and checked.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from stack.native.tracestore.errors import BadQuery
from stack.native.tracestore.values import as_text

KINDS: Final = ("", "internal", "server", "client", "producer", "consumer")
_STATUSES: Final = {"UNSET": 0, "OK": 1, "ERROR": 2}
_TRUE: Final = frozenset({"1", "t", "true"})
_FALSE: Final = frozenset({"0", "f", "false"})

_INT64: Final = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class TagFilter:
    """What the tags of a search ask of a span.

    Attributes:
        clauses, parameters: SQL over the columns of `span`, joined by AND.
        attributes: pairs that the span, its scope or its resource must have.
        resource: pairs that the resource must have.
        scope_name, scope_version: exact values, None where not asked for.
    """

    clauses: tuple[str, ...] = ()
    parameters: tuple[int, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    resource: tuple[tuple[str, str], ...] = ()
    scope_name: str | None = None
    scope_version: str | None = None

    @property
    def needs_payload(self) -> bool:
        return bool(self.attributes)

    def fits_resource(self, resource: Resource) -> bool:
        return all(has(resource.attributes, key, value) for key, value in self.resource)

    def fits_scope(self, scope: InstrumentationScope) -> bool:
        return self.scope_name in (None, scope.name) and self.scope_version in (None, scope.version)

    def fits(self, span: Span, scope: InstrumentationScope, resource: Resource) -> bool:
        return all(
            has(span.attributes, key, value)
            or has(scope.attributes, key, value)
            or has(resource.attributes, key, value)
            or any(has(event.attributes, key, value) for event in span.events)
            or any(has(link.attributes, key, value) for link in span.links)
            for key, value in self.attributes
        )


@dataclass(slots=True)
class _Parts:
    clauses: list[str] = field(default_factory=list)
    parameters: list[int] = field(default_factory=list)

    def add(self, clause: str, parameter: int) -> None:
        self.clauses.append(clause)
        self.parameters.append(parameter)


def tag_filter(tags: dict[str, str]) -> TagFilter:
    """Return the filter for a search's tags, Jaeger's special keys included.

    `error` (true, false), `span.status` (ok, error, unset), `span.kind`, `scope.name`, `scope.version` and the prefix
    `resource.` mean what they mean in Jaeger, but for `error=false`, which here also finds spans without a status.

    Raises:
        BadQuery: `error` is neither true nor false.
    """
    parts = _Parts()
    attributes = []
    resource = []
    for key, value in tags.items():
        match key:
            case "error":
                parts.add("status = ?" if _flag(value) else "status <> ?", _STATUSES["ERROR"])
            case "span.status":
                parts.add("status = ?", _STATUSES.get(value.upper(), 0))
            case "span.kind":
                parts.add("kind = ?", KINDS.index(value.lower()) if value.lower() in KINDS else 0)
            case "scope.name" | "scope.version":
                pass
            case _ if key.startswith("resource."):
                resource.append((key.removeprefix("resource."), value))
            case _:
                attributes.append((key, value))
    return TagFilter(
        clauses=tuple(parts.clauses),
        parameters=tuple(parts.parameters),
        attributes=tuple(attributes),
        resource=tuple(resource),
        scope_name=tags.get("scope.name"),
        scope_version=tags.get("scope.version"),
    )


def _flag(value: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    message = f"tag error is {value!r}: true and false are understood"
    raise BadQuery(message)


def has(attributes: Iterable[KeyValue], key: str, value: str) -> bool:
    """Tell whether an attribute of this key reads like `value`."""
    return any(item.key == key and _reads(item.value, value) for item in attributes)


def _reads(held: AnyValue, value: str) -> bool:
    if held.WhichOneof("value") == "double_value":
        try:
            return held.double_value == float(value)
        except ValueError:
            return False
    return as_text(held) == value


def encodings(key: str, value: str) -> tuple[bytes, ...]:
    """Return byte strings of which any attribute `key` that reads like `value` contains at least one."""
    if value.startswith(("[", "{")):  # an array or a map: only the key is sure
        return (KeyValue(key=key).SerializeToString(),)
    return tuple(KeyValue(key=key, value=held).SerializeToString() for held in _readings(value))


def _readings(value: str) -> Iterator[AnyValue]:
    yield AnyValue(string_value=value)
    if value in ("true", "false"):
        yield AnyValue(bool_value=value == "true")
    if (whole := _parsed(int, value)) is not None and whole in _INT64:
        yield AnyValue(int_value=int(whole))
    if (number := _parsed(float, value)) is not None:
        yield AnyValue(double_value=number)
        if number == 0:
            yield AnyValue(double_value=-0.0)
    with suppress(binascii.Error, ValueError):
        yield AnyValue(bytes_value=base64.b64decode(value, validate=True))


def _parsed(kind: Callable[[str], float], value: str) -> float | None:
    try:
        return kind(value)
    except (ValueError, OverflowError, struct.error):
        return None
