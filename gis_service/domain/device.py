"""Devices that watch, and whether they still report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """A kind of device, a row of a table.

    Not seen for more than ``silent_after_s`` seconds it is silent; None says that its kind never reports.
    """

    code: str
    name: str
    name_en: str
    silent_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A device at its place (degrees), and when it was last heard of."""

    code: str
    name: str
    kind: str
    lon: float
    lat: float
    data_class: str
    last_seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device, and whether it is silent now: None when its kind never reports.

    One that should report and was never heard of is silent.
    """

    device: Device
    is_silent: bool | None


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """Which devices to list, by code: up to ``limit`` that come after ``after``; None leaves a question open."""

    kind: str | None = None
    grid: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    is_silent: bool | None = None
    after: str | None = None
    limit: int = 100
