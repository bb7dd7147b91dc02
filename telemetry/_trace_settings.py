"""Settings of traces: where they go, which are kept, how much one span may hold."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, BeforeValidator, Field, HttpUrl, SecretStr

from telemetry.process_settings import ProcessSettings

Sampler = Literal[
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
]
Count = Annotated[int, Field(ge=0, le=10_000)]


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    return timedelta(seconds=float(value)) if isinstance(value, str | int | float) else value


def _named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


# OpenTelemetry's own is no limit: one prompt or document in an attribute would then travel with every span.
_LONGEST: Final = 4096


class TraceSettings(ProcessSettings):
    """The part of `TelemetrySettings` that is about traces."""

    otlp_endpoint: HttpUrl | None = Field(
        None,
        validation_alias=_named("OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="Base URL of an OTLP/HTTP receiver; without it spans get ids but are not exported.",
    )
    otlp_headers: SecretStr = Field(
        SecretStr(""),
        validation_alias=_named("OTEL_EXPORTER_OTLP_HEADERS"),
        description="Headers for that receiver: name=value, separated by commas.",
    )
    sampler: Annotated[Sampler, BeforeValidator(_lower)] = Field(
        "parentbased_traceidratio",
        validation_alias=_named("OTEL_TRACES_SAMPLER"),
        description="What decides when a trace begins: `always_on`, `always_off` or `traceidratio`; with "
        "`parentbased_` in front a caller's decision is respected.",
    )
    sample_ratio: float = Field(
        1.0,
        validation_alias=_named("OTEL_TRACES_SAMPLER_ARG"),
        ge=0,
        le=1,
        description="Share of new traces that are sampled, 0 to 1, for the two samplers by ratio.",
    )
    trace_errors: bool = Field(
        True, description="True exports the spans of a request that failed also where its trace is not sampled."
    )
    trace_slow: Annotated[timedelta, BeforeValidator(_seconds)] = Field(
        timedelta(seconds=2),
        validation_alias=_named("PLAINVIEW_TRACE_SLOW_SECONDS"),
        ge=timedelta(0),
        description="Requests that take longer are exported also where their trace is not sampled; 0 for none.",
    )
    attribute_length: Annotated[int, Field(ge=16, le=1_000_000)] = Field(
        _LONGEST,
        validation_alias=_named("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"),
        description="Longest text of an attribute; the rest is cut off. `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` sets it too.",
    )
    attribute_count: Count = Field(
        128,
        validation_alias=_named("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
        description="Most attributes of a span; the span says how many were dropped. `OTEL_ATTRIBUTE_COUNT_LIMIT` sets "
        "it too.",
    )
    event_count: Count = Field(
        128, validation_alias=_named("OTEL_SPAN_EVENT_COUNT_LIMIT"), description="Most events of a span."
    )
    link_count: Count = Field(
        128, validation_alias=_named("OTEL_SPAN_LINK_COUNT_LIMIT"), description="Most links of a span."
    )
    event_attribute_count: Count = Field(
        128,
        validation_alias=_named("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
        description="Most attributes of an event.",
    )
    link_attribute_count: Count = Field(
        128,
        validation_alias=_named("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"),
        description="Most attributes of a link.",
    )
