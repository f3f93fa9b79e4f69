"""Who acts where somebody types at the machine itself."""

from __future__ import annotations

from gis_service.domain.access import Principal

CLI = Principal(name="cli", role="admin", scope=None)
"""Whoever may run commands on the machine has the database anyway."""
