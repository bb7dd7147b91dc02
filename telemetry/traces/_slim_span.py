# ruff: noqa: SLF001 - a span of the SDK is known by fields that only its own classes may touch
"""A span of the SDK with what it costs taken out: its attributes are a dict for as long as that is enough.

The SDK's span cleans and copies every attribute into a container with a lock of its own and is copied whole when it
ends. This one is the same class to whoever looks: it only keeps texts and numbers within the limits by itself. Whatever
else comes (lists, events, links, too many attributes, somebody who keeps the span) makes it what the SDK would have
made, and the SDK's own code goes on with it. A contract test runs every call of the API against both.
"""

from collections.abc import Iterable, Mapping
from threading import RLock
from time import time_ns
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.trace import Span
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from telemetry.traces._shared import LayeredAttributes, SharedAttributes

if TYPE_CHECKING:
    from telemetry.traces._slim_tracer import SlimTracer

_NUMBERS: Final = frozenset({int, bool, float})
#: The status of a span that has been given none.
UNSET: Final = Status(StatusCode.UNSET)
_OF_THE_TRACER: Final = {
    "_limits": "_span_limits",
    "_sampler": "sampler",
    "_span_processor": "span_processor",
    "_instrumentation_info": "instrumentation_info",
}
_MADE_WHEN_ASKED_FOR: Final = ("_attributes", "_events", "_links")


class SlimSpan(Span):
    """Made by `SlimTracer`; lives until it has ended."""

    # What is nearly always the same is not set for each span.
    _status = UNSET
    _end_time: int | None = None
    _trace_config = None
    _record_exception = True
    _set_status_on_exception = True
    _record_end_metrics = None
    _whole = False

    _tracer: "SlimTracer"
    _lock: Any  # one that can be taken twice: the SDK's methods ask for `_attributes` while they hold it
    _room: int  # for so many more attributes, and for texts of that length
    _longest: int
    _parts: list[dict[str, Any]]  # the attributes in the order in which they were set; the shared ones are no copies

    @classmethod
    def begun(  # noqa: PLR0913, PLR0917 - what a span is made of
        cls,
        tracer: "SlimTracer",
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        start_time: int,
    ) -> "SlimSpan":
        """Return a span that has begun; twice as fast as through the constructor, which the SDK guards."""
        span = object.__new__(cls)
        span._tracer = tracer
        span._name = name
        span._context = context
        span._parent = parent
        span._kind = kind
        span._start_time = start_time
        span._resource = tracer.resource
        span._instrumentation_scope = tracer._instrumentation_scope
        span._lock = RLock()
        span._parts = []
        span._room, span._longest = tracer.room
        return span

    def plain(self) -> list[dict[str, Any]] | None:
        """Return the attributes in parts, each a `SharedAttributes` or its own; None if the SDK's are in use."""
        return None if self._whole else self._parts.copy()

    def set_attribute(self, key: str, value: Any) -> None:
        with self._lock:
            if self._end_time is None and not self._whole and self._put(((key, value),)):
                return
        super().set_attribute(key, value)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        with self._lock:
            if self._end_time is None and not self._whole:
                if isinstance(attributes, LayeredAttributes):
                    if self._take((attributes.shared, attributes.own), attributes.longest):
                        return
                elif type(attributes) is SharedAttributes and self._take((attributes,), attributes.longest):
                    return
                if self._put(attributes.items()):
                    return
        super().set_attributes(attributes)

    def _take(self, parts: tuple[dict[str, Any], ...], longest: int) -> bool:
        """Refer to parts that are plain; False where one of their attributes is there already or does not fit."""
        if longest > self._longest:
            return False
        room = self._room
        for part in parts:
            room -= len(part)
            for earlier in self._parts:
                for key in part:
                    if key in earlier:
                        return False
        if room < 0:
            return False
        self._parts += parts
        self._room = room
        return True

    def _put(self, pairs: Iterable[tuple[Any, Any]]) -> bool:
        """Set attributes that are plain; False at the first that is not, the SDK then sets all of them."""
        parts, longest, room = self._parts, self._longest, self._room
        own = parts[-1] if parts else None
        if type(own) is not dict:
            own = {}
            parts.append(own)
        for key, value in pairs:
            kind = type(value)
            plain = len(value) <= longest if kind is str else kind in _NUMBERS
            if not plain or type(key) is not str or not key or room <= 0:
                return False
            if key in own:
                del own[key]  # the last to be set is the last in order
            else:
                for part in parts:
                    if key in part:
                        return False
                room -= 1
            own[key] = value
        self._room = room
        return True

    def update_name(self, name: str) -> None:
        if self._end_time is None:
            self._name = name
        else:
            super().update_name(name)  # which warns

    def end(self, end_time: int | None = None) -> None:
        with self._lock:
            ended = self._end_time is not None
            if not ended:
                self._end_time = time_ns() if end_time is None else end_time
                if self._whole:
                    self._attributes._immutable = True  # type: ignore[union-attr]
        if ended:
            super().end(end_time)  # which warns
        else:
            self._tracer.span_processor.ended(self)

    @property
    def attributes(self) -> Mapping[str, Any]:
        return MappingProxyType(self._attributes if self._whole else self._merged())  # type: ignore[arg-type]

    @property
    def dropped_attributes(self) -> int:
        return super().dropped_attributes if self._whole else 0

    def _merged(self) -> dict[str, Any]:
        return {key: value for part in self._parts for key, value in part.items()}

    def __getattr__(self, field: str) -> Any:
        """Return a field of the SDK's span that is not kept here: one of the tracer's, or one made by being asked for."""
        if field in _OF_THE_TRACER:
            return getattr(self._tracer, _OF_THE_TRACER[field])
        if field in _MADE_WHEN_ASKED_FOR:
            self._become_whole()
            return vars(self)[field]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {field!r}", name=field, obj=self)

    def _become_whole(self) -> None:
        with self._lock:
            if self._whole:  # another thread was first
                return
            self._attributes = BoundedAttributes(
                self._limits.max_span_attributes,
                self._merged(),
                immutable=self._end_time is not None,
                max_value_len=self._limits.max_span_attribute_length,
            )
            self._events = self._new_events()  # type: ignore[no-untyped-call]
            self._links = self._new_links(())
            self._whole = True
