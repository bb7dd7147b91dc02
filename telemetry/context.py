"""What a request or a job is called: ids and fields that its span, its log lines and its access line share."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Span

from telemetry._secrets import redact_fields
from telemetry.catalog import Attribute


class Scope:
    """The fields of one request or job. Mutable, so that a task or thread below can add to what its caller sees."""

    __slots__ = ("fields", "request_id", "span")

    def __init__(self, request_id: str | None = None, span: Span | None = None) -> None:
        self.request_id = request_id
        self.span = span
        self.fields: dict[str, str] = {}


SCOPE: Final[ContextVar[Scope | None]] = ContextVar("plainview_scope", default=None)

_ATTRIBUTES: Final = {
    "customer": Attribute.CUSTOMER,
    "job_id": Attribute.JOB_ID,
    "key_id": Attribute.KEY_ID,
    "operation": Attribute.OPERATION,
    "role": Attribute.ROLE,
    "tier": Attribute.TIER,
}


def annotate(**fields: str) -> None:
    """Add fields such as `customer` to the current request's span and access line, and to log lines after it.

    Outside a request or `bound` block they go to the current span and to later log lines of this context.
    """
    scope = SCOPE.get()
    if scope is None:
        scope = Scope()
        SCOPE.set(scope)
    clean = redact_fields(fields)
    scope.fields.update(clean)
    span = scope.span or trace.get_current_span()
    for name, value in clean.items():
        span.set_attribute(_ATTRIBUTES.get(name, f"plainview.{name}"), value)


@contextmanager
def bound(*, request_id: str | None = None, **fields: str) -> Iterator[None]:
    """Give the log lines within the block these fields, on top of those around it."""
    outer = SCOPE.get()
    scope = Scope(request_id or (outer.request_id if outer else None), outer.span if outer else None)
    scope.fields = {**(outer.fields if outer else {}), **redact_fields(fields)}
    token = SCOPE.set(scope)
    try:
        yield
    finally:
        SCOPE.reset(token)


def current_request_id() -> str | None:
    """Return the id of the request being answered, None outside one."""
    scope = SCOPE.get()
    return scope.request_id if scope else None


def current_trace_id() -> str | None:
    """Return the current trace id as 32 hex digits, None outside a trace."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None
