"""Who is counted: a key, or the address of whoever has none. What is stored of either is a hash."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Final

from starlette.requests import Request

from app.keys.key import Key
from telemetry.serving.addresses import network_of

_LENGTH: Final = 16
_UNKNOWN: Final = "unknown"


def key_id(key: Key) -> str:
    """Return the identity of a key, which is that of all keys that rotations made of one another."""
    return _hashed(f"key:{key.lineage or key.id}")


def address_id(request: Request) -> str:
    """Return the identity of the address that a request comes from."""
    return _hashed(f"address:{network_of(address_of(request))}")


def address_of(request: Request) -> str:
    """Return the address of the client; proxies that are trusted have put theirs behind it."""
    return request.client.host if request.client is not None else _UNKNOWN


def is_local(request: Request) -> bool:
    """Tell whether the request comes from this host, where its own probes are."""
    try:
        return ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=_LENGTH, person=b"plainview limits").hexdigest()
