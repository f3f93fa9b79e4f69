"""What the pages of doors and their reports need of the service's settings."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from gis_service.domain.allowance import Allowance
from gis_service.domain.door_contact import Contacts

_SITE_BITS = 64
"""Whoever has an IPv6 address has all that begin with the same bits."""


@dataclass(frozen=True, slots=True)
class DoorDesk:
    """The secret that signs forms, what is told of staff, and how much is taken in from whom."""

    secret: bytes
    contacts: Contacts
    of_address: Allowance
    of_building: Allowance


def network_of(host: str | None) -> str:
    """Return whose allowance a caller uses: an IPv4 address, the first 64 bits of an IPv6 one."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or ""
    if address.version == 4:  # noqa: PLR2004 - of the protocol
        return str(address)
    return str(ipaddress.ip_network((int(address), _SITE_BITS), strict=False))
