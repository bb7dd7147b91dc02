"""Settings of telemetry: `PLAINVIEW_*` for our own, the standard `OTEL_*` names where one exists."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from telemetry._trace_settings import TraceSettings
from telemetry.prices import PROVIDERS, Prices

Outbound = Literal["auto", "httpx", "requests", "redis", "sqlalchemy", "threads"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

#: RunPod's price of one second of a 24 GB card (L4, A5000, RTX 3090), serverless flex, November 2026.
DEFAULT_PRICE: Final = Decimal("0.00019")


_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{16,}")


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    return timedelta(seconds=float(value)) if isinstance(value, str | int | float) else value


def _comma_list(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _lines(value: Any) -> Any:
    return tuple(line.strip() for line in value.splitlines() if line.strip()) if isinstance(value, str) else value


def _expressions(value: tuple[str, ...]) -> tuple[str, ...]:
    for expression in value:
        try:
            found = re.compile(expression)
        except re.error as error:
            raise ValueError(f"{expression!r} is no regular expression: {error}") from error
        if found.match(""):
            raise ValueError(f"{expression!r} finds nothing at all everywhere; ask for at least one character")
    return value


def _chosen(value: Any) -> Any:
    return () if value in ("off", "") else _comma_list(value)


def _sendable(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("should be 16 or more letters, digits or -._~+/=, as in a header")
    return value


def _bounded_interval(value: timedelta) -> timedelta:
    if not timedelta(milliseconds=20) <= value <= timedelta(minutes=5):
        raise ValueError(f"{value.total_seconds():g} s is not between 0.02 and 300 seconds")
    return value


def _priced(value: tuple[str, ...]) -> tuple[str, ...]:
    Prices(None, DEFAULT_PRICE, value)
    return value


def _named(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class TelemetrySettings(TraceSettings):
    """What one process needs to know to report about itself; built once, at its entry point.

    `OTEL_RESOURCE_ATTRIBUTES` is honoured too: the OpenTelemetry SDK reads it by itself.
    """

    service_name: str = Field(
        "plainview",
        validation_alias=_named("OTEL_SERVICE_NAME"),
        min_length=1,
        max_length=100,
        description="Name of this service in traces, log lines and plainview_build_info.",
    )
    service_version: str = Field("", description="Version of this service; left out of traces when empty.")
    span_source: Literal["contrib", "lean", "off"] = Field(
        "contrib",
        description="What makes the server spans: opentelemetry-instrumentation-fastapi (contrib), or a slim middleware "
        "of our own that makes the same ones at some 70 % of the cost (lean). off makes none.",
    )
    outbound: Annotated[tuple[Outbound, ...], NoDecode, BeforeValidator(_chosen)] = Field(
        ("auto",),
        description="What makes spans of calls to others and hands the trace on to them: `auto` for all that are "
        "installed, `off`, or some of httpx, requests, redis, sqlalchemy, threads, separated by commas.",
    )
    runtime_dir: Path | None = Field(
        None,
        description="Folder in which the processes that serve one address add up their figures; XDG_RUNTIME_DIR, or the "
        "one for temporary files, unless set.",
    )
    metrics_token: Annotated[SecretStr | None, AfterValidator(_sendable)] = Field(
        None, description="Bearer token that /metrics asks for; without one everybody who reaches the port may read it."
    )
    log_level: Annotated[LogLevel, BeforeValidator(_upper)] = Field("INFO", description="Least level that is written.")
    log_format: Literal["json", "console"] = Field("json", description="json for machines, console for people.")
    log_repeats: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        20,
        description="How often the same warning or error is written in a minute; more are counted in one line. 0: all are.",
    )
    redact_fields: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)] = Field(
        (),
        description="Names of more fields and attributes whose values are cut out, separated by commas; a part of a name "
        "is enough: `email` is `user_email` too.",
    )
    redact_patterns: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_lines), AfterValidator(_expressions)] = (
        Field(
            (),
            description="More regular expressions for what is cut out of every text, one a line; a group `keep` stays.",
        )
    )
    gpu: Literal["auto", "off", "simulated"] = Field(
        "auto",
        description="auto reads NVML where there is one; simulated shows one card that does not exist and says so.",
    )
    gpu_uuids: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list)] = Field(
        (), description="UUIDs of the cards to read, separated by commas; all when empty."
    )
    gpu_interval: Annotated[timedelta, BeforeValidator(_seconds), AfterValidator(_bounded_interval)] = Field(
        timedelta(seconds=1),
        validation_alias=_named("PLAINVIEW_GPU_INTERVAL_SECONDS"),
        description="Time between two readings of the cards, 0.02 to 300 seconds.",
    )
    gpu_processes: bool = Field(
        False, description="True shows device memory by process: one series each, by process id as the host sees it."
    )
    gpu_dcgm_names: bool = Field(
        False, description="True shows the readings under NVIDIA's own names too (DCGM_FI_...), for its dashboards."
    )
    gpu_price_usd_per_second: Decimal = Field(
        DEFAULT_PRICE,
        ge=0,
        allow_inf_nan=False,
        description="Price of one second of one device, in USD. With `PLAINVIEW_GPU_PRICES` that of cards which are not "
        "in them; the price of such a card is not known when this is not set.",
    )
    gpu_prices: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_list), AfterValidator(_priced)] = Field(
        (),
        description="Prices by model, the first that fits: `MODEL=USD_PER_SECOND` or the name of a provider whose list "
        f"is used ({', '.join(PROVIDERS)}), separated by commas.",
    )

    @property
    def prices(self) -> Prices:
        """What devices cost."""
        flat = self.gpu_price_usd_per_second
        known = not self.gpu_prices or "gpu_price_usd_per_second" in self.model_fields_set
        return Prices(flat if known else None, flat, self.gpu_prices)
