"""The network that an address on the internet stands for when attempts are counted."""

from __future__ import annotations

import ipaddress


def network_of(address: str) -> str:
    """The address, or the /64 network of an IPv6 one: a household has as many of those as it likes."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:45]
    if (
        isinstance(parsed, ipaddress.IPv6Address)
        and parsed.ipv4_mapped is None
    ):
        return str(
            ipaddress.ip_network((parsed, 64), strict=False).network_address,
        )
    return str(parsed)
