"""Devices as JSON."""

from __future__ import annotations

from typing import Any

from gis_service.domain.device import DeviceState


def device_json(state: DeviceState, owner: str | None) -> dict[str, Any]:
    """Return a device, whose ground it stands on, and whether it is silent."""
    one = state.device
    return {
        "code": one.code,
        "name": one.name,
        "kind": one.kind,
        "last_seen_at": one.last_seen_at,
        "silent": state.is_silent,
        "grid": owner,
        "point": {"lon": one.lon, "lat": one.lat},
    }
