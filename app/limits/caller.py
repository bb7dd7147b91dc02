"""Who is counted: a key, or the address of whoever has none. What is stored of either is a hash."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Final

from starlette.requests import Request

from app.keys.key import Key

_LENGTH: Final = 16
_IPV6_NETWORK: Final = 64  # what one customer of a provider has: each address of it is no other caller
_UNKNOWN: Final = "unknown"


def key_id(key: Key) -> str:
    """Return the identity of a key, which is that of all keys that rotations made of one another."""
    return _hashed(f"key:{key.lineage or key.id}")


def address_id(request: Request) -> str:
    """Return the identity of the address that a request comes from."""
    return _hashed(f"address:{_network(address_of(request))}")


def address_of(request: Request) -> str:
    """Return the address of the client; proxies that are trusted have put theirs behind it."""
    return request.client.host if request.client is not None else _UNKNOWN


def is_local(request: Request) -> bool:
    """Tell whether the request comes from this host, where its own probes are."""
    try:
        return ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _IPV6_NETWORK), strict=False))


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=_LENGTH, person=b"plainview limits").hexdigest()
