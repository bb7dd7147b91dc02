"""Settings of the console process."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import NoDecode

from app.edge.addresses import Network
from stack.native.tracestore.limits import MIB, MIN_STORE_BYTES, Limits
from telemetry.process_settings import ProcessSettings

Port = Annotated[int, Field(ge=0, le=65535)]

_MIN_TOKEN: Final = 16


def _base(value: HttpUrl) -> HttpUrl:
    if value.query or value.fragment or value.username or value.password:
        raise ValueError("must be a plain base URL: no user, query or fragment")
    return value


def _words(value: Any) -> Any:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


BaseUrl = Annotated[HttpUrl, AfterValidator(_base)]


class ConsoleSettings(ProcessSettings):
    """What the console needs to know; built once, at its entry point, from `PLAINVIEW_*`."""

    home: Path = Field(Path(".plainview"), description="Folder of the stack; holds the defaults of the paths below.")
    data_dir: Path | None = Field(None, description="Folder of databases; `data` in the home folder by default.")

    console_host: str = Field("127.0.0.1", description="Address that the console listens on.")
    console_port: Port = Field(8080, description="Port of the console.")
    console_url: BaseUrl = Field(
        HttpUrl("http://127.0.0.1:8080"), description="Address under which people reach the console."
    )
    console_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="More host names to answer to, separated by commas; IP addresses and localhost always work."
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_words)] = Field(
        (), description="Proxies whose word is taken for who the client is."
    )
    console_token: SecretStr = Field(SecretStr(""), description="The token in the sign-in link.")
    console_session_seconds: float = Field(7 * 86400, ge=60, le=90 * 86400, description="Life of a sign-in.")

    prometheus_url: BaseUrl = Field(HttpUrl("http://127.0.0.1:9090"), description="Prometheus.")
    alertmanager_url: BaseUrl = Field(HttpUrl("http://127.0.0.1:9093"), description="Alertmanager.")
    jaeger_url: BaseUrl = Field(HttpUrl("http://127.0.0.1:16686"), description="Jaeger's query API.")
    notifier_url: BaseUrl = Field(HttpUrl("http://127.0.0.1:9095"), description="The notifier.")
    notifier_token: SecretStr = Field(SecretStr(""), description="Bearer token of the notifier.")

    service_url: BaseUrl = Field(HttpUrl("http://127.0.0.1:8000"), description="The service itself, for links.")
    grafana_url: BaseUrl | None = Field(None, description="Grafana as people reach it, for links; unset without it.")
    jaeger_ui_url: BaseUrl | None = Field(None, description="Jaeger's page as people reach it; unset without it.")
    demo: bool = Field(False, description="Say on every page that the figures come from a demonstration.")
    app: str = Field(
        "", description="Your own app that the stack runs; what only the reference service has is not shown."
    )
    gpu: str = Field("auto", description="The GPU setting of the stack; `simulated` is shown on every page.")

    tracestore: Literal["on", "off"] = Field("off", description="Whether this process also is the trace store.")
    tracestore_path: Path | None = Field(None, description="Its file; `traces.db` in the data folder by default.")
    tracestore_max_bytes: int = Field(512 * MIB, ge=MIN_STORE_BYTES, description="Bound on its size on disk.")
    tracestore_max_age_seconds: float = Field(
        7 * 86400, ge=60, description="Age at which traces are removed even where there is room."
    )
    tracestore_host: str = Field(
        "127.0.0.1",
        description="Address that the trace store listens on. It asks nobody who they are: open it to trusted hosts only.",
    )
    tracestore_otlp_port: Port = Field(4318, description="Port for OTLP/HTTP.")
    tracestore_query_port: Port = Field(16686, description="Port for Jaeger's query API.")

    @model_validator(mode="after")
    def _token_is_strong(self) -> Self:
        length = len(self.console_token.get_secret_value())
        if length < _MIN_TOKEN:
            raise ValueError(
                f"PLAINVIEW_CONSOLE_TOKEN has {length} characters: give it, or the file that PLAINVIEW_CONSOLE_TOKEN_FILE"
                f" names, at least {_MIN_TOKEN}; `python -c 'import secrets; print(secrets.token_urlsafe(32))'` makes one"
            )
        return self

    @property
    def session_life(self) -> timedelta:
        return timedelta(seconds=self.console_session_seconds)

    @property
    def store_path(self) -> Path:
        return self.tracestore_path or (self.data_dir or self.home / "data") / "traces.db"

    @property
    def store_limits(self) -> Limits:
        age = timedelta(seconds=self.tracestore_max_age_seconds)
        return Limits(store_bytes=self.tracestore_max_bytes, age=age)

    @property
    def shows_demo(self) -> bool:
        return self.demo or self.gpu == "simulated"
