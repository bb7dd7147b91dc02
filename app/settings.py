"""The service's settings: one frozen object per process, built once at the entry point."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.edge.addresses import HostName, Network, Origin, is_loopback, web_address, words
from app.ending import DRAIN, GRACE
from app.keys.weak import strong
from app.ledger.energy import Tariff
from app.limits.table import table_of
from telemetry.process_settings import ProcessSettings

_ROOT: Final = Path(__file__).resolve().parents[1]
_DIALECTS: Final = ("sqlite", "postgresql")
_REDIS_SCHEMES: Final = ("redis", "rediss", "unix")


def _database_url(value: str) -> str:
    try:
        backend = make_url(value).get_backend_name()
    except ArgumentError as error:
        raise ValueError("should be sqlite+aiosqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE") from error
    if backend not in _DIALECTS:
        raise ValueError("should start with sqlite+aiosqlite:// or postgresql+psycopg://")
    return value


def _redis_url(value: str) -> str:
    allowed = "should be redis://HOST:PORT/NUMBER, rediss://HOST:PORT/NUMBER for TLS, or unix:///PATH"
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.path) if parts.scheme == "unix" else bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ValueError(allowed) from error
    number = "" if parts.scheme == "unix" else parts.path.strip("/")
    if parts.scheme not in _REDIS_SCHEMES or not is_whole or (number and not number.isdecimal()):
        raise ValueError(allowed)
    return value


def _rate_limits(value: str) -> str:
    table_of(value)
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("should be a name of the IANA time zone database, such as UTC or Europe/Berlin") from error
    return value


def _seconds(value: object) -> object:
    """Read a variable that ends in _SECONDS; anything but a number is left for the type to refuse."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except (ValueError, OverflowError) as error:
        raise ValueError("should be a number of seconds") from error


Seconds = Annotated[timedelta, BeforeValidator(_seconds)]
Port = Annotated[int, Field(ge=0, le=65535)]
Rate = Annotated[Decimal, Field(gt=0, lt=100_000, max_digits=12)]
Weight = Annotated[float, Field(ge=0.01, le=1000, allow_inf_nan=False)]
Budget = Annotated[Decimal, Field(gt=0, max_digits=12)]


class Settings(ProcessSettings):
    """What an operator may change about the service; every field is an environment variable `PLAINVIEW_...`."""

    home: Path = Field(_ROOT / ".plainview", description="Folder for everything the service keeps.")
    data_dir: Path | None = Field(None, description="Databases, uploads and results; `data` in the home folder.")
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: Port = Field(8000, description="Port the API listens on.")
    processes: Annotated[int, Field(ge=1, le=64)] = Field(
        1, description="Processes of the API. They share its port, and a scrape shows what all of them counted."
    )
    public_url: Annotated[str, AfterValidator(web_address)] | None = Field(
        None, description="Address users reach the API at, for links in answers; its host is one that is answered to."
    )
    allowed_hosts: Annotated[tuple[HostName, ...], NoDecode, BeforeValidator(words)] = Field(
        (),
        description="More host names to answer to, separated by commas; IP addresses, localhost and the hosts of "
        "`PLAINVIEW_HOST` and `PLAINVIEW_PUBLIC_URL` always work.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(words)] = Field(
        (),
        description="Addresses or networks (10.0.0.0/8), separated by commas, of proxies that are believed in "
        "`X-Forwarded-For` and `X-Forwarded-Proto`; nobody unless set.",
    )
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(words)] = Field(
        (), description="Origins whose pages may call the API, separated by commas, such as https://app.example.com."
    )
    auth_required: bool = Field(True, description="False lets everyone in as administrator: development only.")
    auth_off_on_network: bool = Field(
        False,
        description="True lets `PLAINVIEW_AUTH_REQUIRED=false` stand where `PLAINVIEW_HOST` is no loopback address.",
    )
    docs_public: bool = Field(True, description="False asks for an API key at /docs and /openapi.json, too.")
    api_key: Annotated[SecretStr | None, AfterValidator(strong)] = Field(
        None,
        description="Key that an older deployment had: stored as a hash at the next start, once. Commands send the one here "
        "that begins with `pv_`, which is not stored.",
    )
    api_key_customer: Annotated[str, Field(pattern=r"^[\w .@+-]{1,100}$")] = Field(
        "default", description="Customer of the key that is taken over from `PLAINVIEW_API_KEY`."
    )
    first_key_file: Path | None = Field(None, description="Where `bootstrap` writes the first administrator's key.")

    database_url: Annotated[str, AfterValidator(_database_url)] | None = Field(
        None, description="SQLite file in the data folder unless set; PostgreSQL: postgresql+psycopg://USER@HOST/DB."
    )
    database_password: SecretStr | None = Field(None, description="Password for `database_url`.")

    redis_url: Annotated[str, AfterValidator(_redis_url)] | None = Field(
        None,
        description="Redis that the nodes share limits and caches through, as redis://HOST:PORT/NUMBER; each process keeps "
        "its own in memory unless set.",
    )
    redis_password: SecretStr | None = Field(None, description="Password for `redis_url`.")

    rate_limits: Annotated[str, AfterValidator(_rate_limits)] | None = Field(
        None,
        description="Changes of the table in LIMITS.md: JSON, the path of a TOML or JSON file, or `off` for no limits.",
    )

    worker_id: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="Stable name of a worker; host and device unless set. Two workers never share one."
    )
    worker_host: str = Field("127.0.0.1", description="Address of the worker's metrics and probes.")
    worker_port: Port = Field(9101, description="Port of the worker's metrics and probes.")
    generator: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] = Field(
        "app.generation.portrait:PortraitGenerator",
        description="Class that makes the videos, as module:Class.",
        examples=["package.module:Class"],
    )
    worker_leak_bytes: Annotated[int, Field(ge=2**20)] = Field(
        2**30,
        description="Memory that a worker's model may gain over its jobs before the worker is started anew: on a card as torch "
        "or NVML tell it of this process, or main memory.",
    )
    worker_memory_bytes: Annotated[int, Field(ge=2**26)] | None = Field(
        None,
        description="Main memory that a worker may hold after a job before it is started anew; 80 % of the host's or the "
        "container's unless set.",
    )
    shutdown_grace: Seconds = Field(
        GRACE,
        validation_alias="PLAINVIEW_SHUTDOWN_GRACE_SECONDS",
        ge=timedelta(0),
        description="Time a running job or request has to finish after SIGTERM before it is handed back.",
    )

    drain: Seconds = Field(
        DRAIN,
        validation_alias="PLAINVIEW_DRAIN_SECONDS",
        ge=timedelta(0),
        le=timedelta(minutes=5),
        description="How long after SIGTERM the API still takes requests while it says that it is not ready: what a load "
        "balancer needs to look elsewhere, 5 to 10 with Kubernetes.",
    )
    max_connections: Annotated[int, Field(ge=4, le=100_000)] = Field(
        1000,
        description="Connections that a process of the API serves at once, a quarter of them for one address unless it "
        "is a trusted proxy. Requests on others are answered 503.",
    )
    slow_client: Seconds = Field(
        timedelta(seconds=20),
        validation_alias="PLAINVIEW_SLOW_CLIENT_SECONDS",
        ge=timedelta(seconds=1),
        le=timedelta(minutes=10),
        description="Time a client has for the head of a request, and for each 500 bytes a second of a body that long; "
        "three times as long for reading. Then it is cut off.",
    )

    cost_top: Annotated[int, Field(ge=1, le=50)] = Field(
        20, description="How many customers and models have series of their own for cost; the rest is `other`."
    )
    energy_usd_per_kwh: Rate | None = Field(
        None, description="Price of a kilowatt hour; the cost of energy is then shown beside that of devices."
    )
    energy_gco2_per_kwh: Rate | None = Field(
        None, description="Grams of CO2 that a kilowatt hour emits; what work emits is then shown."
    )
    budget_day_usd: Budget | None = Field(
        Decimal(10),
        description="What all jobs of a calendar day may cost before alerts tell; none is refused. `./plainview budgets` goes before it.",
    )
    budget_month_usd: Budget | None = Field(None, description="The same for a calendar month.")
    customer_budget_day_usd: Budget | None = Field(
        None,
        description="What the jobs of each customer may cost in a calendar day; what goes beyond is refused with 402. "
        "`./plainview budgets` goes before it, for one customer or for all.",
    )
    customer_budget_month_usd: Budget | None = Field(None, description="The same for a calendar month.")
    timezone: Annotated[str, AfterValidator(_timezone)] = Field("UTC", description="Where days and months begin.")
    bill_provider: Literal["none", "runpod"] = Field(
        "none", description="Whose billing API is read and shown beside the metered cost."
    )
    bill_interval: Seconds = Field(
        timedelta(minutes=5),
        validation_alias="PLAINVIEW_BILL_INTERVAL_SECONDS",
        ge=timedelta(minutes=5),
        description="Time between two looks at the bill; providers charge every five minutes.",
    )
    runpod_api_key: SecretStr | None = Field(None, description="RunPod key with the billing scope.")
    runpod_api: Literal["v1", "v2"] = Field("v1", description="Generation of RunPod's API.")
    runpod_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = Field(
        None, description="Another address of that API, such as a proxy's.", examples=["https://runpod.example.com"]
    )
    runpod_resource: Annotated[str, Field(pattern=r"^(pod|endpoint):[\w-]+$")] | None = Field(
        None,
        description="Only this pod's or serverless endpoint's charges, as pod:ID or endpoint:ID; all unless set.",
        examples=["pod:ID", "endpoint:ID"],
    )
    queue_max_wait: Seconds = Field(
        timedelta(hours=1),
        validation_alias="PLAINVIEW_QUEUE_MAX_WAIT_SECONDS",
        gt=timedelta(0),
        description="Expected wait of the last job in the queue from which the queue counts as full.",
    )
    queue_max_jobs: Annotated[int, Field(ge=1, le=100_000)] = Field(
        1000, description="Waiting jobs from which the queue counts as full, however short they are."
    )
    queue_weight_standard: Weight = Field(1.0, description="Weight of a standard customer in the order of the queue.")
    queue_weight_premium: Weight = Field(
        4.0, description="Weight of a premium customer: while both wait, it gets this much of a device to the other's."
    )
    result_ttl: Seconds = Field(
        timedelta(hours=6),
        validation_alias="PLAINVIEW_RESULT_TTL_SECONDS",
        gt=timedelta(0),
        description="How long results and uploads are kept after a job ended.",
    )
    results_url: Annotated[str, Field(pattern=r"^(file:///.+|s3://[^/@:\s]+(/\S*)?)$")] | None = Field(
        None,
        description="Where uploads and results are kept: file:///FOLDER or s3://BUCKET/PREFIX; the data folder unless set.",
        examples=["file:///FOLDER", "s3://BUCKET/PREFIX"],
    )
    s3_endpoint: Annotated[str, Field(pattern=r"^https?://[^@\s]+$")] | None = Field(
        None,
        description="Address of an object store that speaks S3; that of AWS unless set.",
        examples=["https://s3.example.com"],
    )
    s3_region: str = Field("us-east-1", description="Region of the bucket.")
    s3_access_key_id: str | None = Field(
        None, description="Key of the object store; AWS_* variables or the machine's role unless set."
    )
    s3_secret_access_key: SecretStr | None = Field(None, description="Secret of that key.")
    result_links: Literal["storage", "service"] = Field(
        "storage",
        description="Whose links to results are handed out: the object store's own, which takes the load and must be "
        "reachable for customers, or the service's, as with folders.",
    )
    upload_time: Seconds = Field(
        timedelta(minutes=5),
        validation_alias="PLAINVIEW_UPLOAD_SECONDS",
        gt=timedelta(0),
        description="Time that the body of one submit may take to arrive.",
    )
    link_secret: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        None,
        description="What links to results are signed with, at least 32 characters, the same on all nodes; made in the data "
        "folder unless set.",
    )
    link_secret_old: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        None, description="The secret before, whose links still work."
    )
    cache_scope: Literal["customer", "service", "off"] = Field(
        "customer",
        description="Whose results an identical job may be given instead of a generation: its own customer's, "
        "anybody's (service), or nobody's (off).",
    )

    @model_validator(mode="after")
    def _open_to_nobody_else(self) -> Self:
        if not (self.auth_required or self.auth_off_on_network or is_loopback(self.host)):
            raise ValueError(
                f"PLAINVIEW_AUTH_REQUIRED=false is not allowed with PLAINVIEW_HOST={self.host!r}: whoever reaches it would be "
                "administrator. Listen on 127.0.0.1, or set PLAINVIEW_AUTH_OFF_ON_NETWORK=true where that is meant."
            )
        return self

    def secrets(self) -> dict[str, str]:
        """Return every secret that is set, by its variable; a password within a URL too."""
        urls = {"PLAINVIEW_DATABASE_URL": self.database_url, "PLAINVIEW_REDIS_URL": self.redis_url}
        within = {name: unquote(urlsplit(url).password or "") for name, url in urls.items() if url}
        return super().secrets() | {name: password for name, password in within.items() if password}

    def unfit_for_production(self) -> Iterable[str]:
        """Yield a line for each setting that production does not bear."""
        if not self.auth_required:
            yield "PLAINVIEW_AUTH_REQUIRED=false, which makes everyone an administrator"
        if self.database.get_backend_name() != "sqlite" and self.database.host and not self.database.password:
            yield "PLAINVIEW_DATABASE_PASSWORD is not set"
        redis = urlsplit(self.redis_url or "")
        if redis.hostname and not (redis.password or self.redis_password):
            yield "PLAINVIEW_REDIS_PASSWORD is not set"
        if self.bill_provider == "runpod" and not self.runpod_api_key:
            yield "PLAINVIEW_RUNPOD_API_KEY is not set"

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.data_dir or self.home / "data"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which calendar days and months are counted."""
        return ZoneInfo(self.timezone)

    @property
    def tariff(self) -> Tariff:
        """What energy costs and emits."""
        return Tariff(self.energy_usd_per_kwh, self.energy_gco2_per_kwh)

    @property
    def database(self) -> URL:
        """The database's address with its password, without a driver's say in sync or async."""
        if self.database_url is None:
            return URL.create("sqlite", database=str(self.data / "plainview.db"))
        url = make_url(self.database_url).set(drivername=make_url(self.database_url).get_backend_name())
        if self.database_password is not None:
            url = url.set(password=self.database_password.get_secret_value())
        return url
