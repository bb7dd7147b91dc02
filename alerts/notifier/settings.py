"""The notifier's settings, built once at the entry point."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator

from telemetry.process_settings import ProcessSettings

#: Where the console is unless set; the links in the generated rules begin with it.
DEFAULT_CONSOLE: Final = "http://127.0.0.1:8080"


class NotifierSettings(ProcessSettings):
    """Where the notifier listens, whom it tells and where it keeps what it was told."""

    home: Path = Field(default=Path(".plainview"), description="Folder of everything Plainview writes.")
    data_dir: Path | None = Field(
        default=None, description="Folder of the databases; default: data/ in the home folder."
    )
    notify_urls: SecretStr = Field(
        default=SecretStr(""),
        description="Apprise URLs of the targets, separated by whitespace or comma and whitespace.",
    )
    notifier_host: str = Field(default="127.0.0.1", description="Address to listen on.")
    notifier_port: Annotated[int, Field(ge=1, le=65535)] = Field(default=9095, description="Port to listen on.")
    notifier_token: SecretStr | None = Field(
        default=None, description="Bearer token that Alertmanager must send; may be left out on loopback only."
    )
    notifier_database: Path | None = Field(
        default=None, description="SQLite file of the outbox; default: notifier.db in the data folder."
    )
    notifier_watchdog_seconds: Annotated[float, Field(ge=0)] = Field(
        default=600,
        description="Silence of the watchdog alert after which monitoring counts as blind; 0 turns this off.",
    )
    console_url: HttpUrl = Field(default=HttpUrl(DEFAULT_CONSOLE), description="Public address of the console.")

    def unfit_for_production(self) -> Iterable[str]:
        """Yield a line for each setting that production does not bear."""
        if not (self.notifier_token and self.notifier_token.get_secret_value()):
            yield "PLAINVIEW_NOTIFIER_TOKEN is not set"

    @property
    def database(self) -> Path:
        """Return the path of the outbox."""
        return self.notifier_database or (self.data_dir or self.home / "data") / "notifier.db"

    @property
    def console(self) -> str:
        """Return the console's address without a slash at its end."""
        return str(self.console_url).rstrip("/")

    @property
    def watchdog_silence(self) -> timedelta | None:
        """Return how long the watchdog may be silent, None when nobody watches it."""
        return timedelta(seconds=self.notifier_watchdog_seconds) if self.notifier_watchdog_seconds else None

    @model_validator(mode="after")
    def _open_only_on_loopback(self) -> Self:
        token = self.notifier_token.get_secret_value() if self.notifier_token else ""
        if not token and not _is_loopback(self.notifier_host):
            raise ValueError(
                f"PLAINVIEW_NOTIFIER_TOKEN is not set, but the notifier is to listen on {self.notifier_host}. Without a "
                "token only 127.0.0.1, ::1 or localhost is allowed; set it, or PLAINVIEW_NOTIFIER_TOKEN_FILE"
            )
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
