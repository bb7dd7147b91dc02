"""Which addresses are one caller's."""

from __future__ import annotations

import ipaddress
from typing import Final

_IPV6_NETWORK: Final = 64  # what one customer of a provider has: each address of it is no other caller


def network_of(address: str) -> str:
    """Return what is counted for an address: itself, of IPv6 its network; what is no address stays as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _IPV6_NETWORK), strict=False))
