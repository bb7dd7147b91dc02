"""Hosts, networks and origins as settings write them."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator

_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")


def words(value: Any) -> Any:
    """Return what commas or blanks separate; anything but text is left for the type to refuse."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def web_address(value: str) -> str:
    """Return an address that links can begin with."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in value:
        raise ValueError("should be http://HOST or https://HOST, without user, query or fragment")
    return value


def _host_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f"{value!r} should be a name without scheme, port or wildcard, such as api.example.com")
    return value.lower()


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"{value!r} should be an address or a network, such as 10.0.0.7 or 10.0.0.0/8") from error
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    exact = f"{parts.scheme}://{parts.netloc}" == value and _NAME.fullmatch(parts.hostname or "")
    if parts.scheme not in ("http", "https") or not exact or "@" in value:
        raise ValueError(
            f"{value!r} should be scheme, host and port as browsers send them, such as https://example.com"
        )
    return value.lower()


HostName = Annotated[str, AfterValidator(_host_name)]
Network = Annotated[str, AfterValidator(_network)]
Origin = Annotated[str, AfterValidator(_origin)]


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches `host`; of names that is known of localhost alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
