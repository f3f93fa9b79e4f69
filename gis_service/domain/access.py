"""Who asks, what they may do, and on which subtree of grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROLES = ("worker", "router", "dispatcher", "planner", "auditor", "admin")
"""Roles that a token can carry; who shows none is ``public``."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a name for the record, a role, and the grid code whose subtree they work on (None: everywhere)."""

    name: str
    role: str
    scope: str | None = None

    def sees(self, chain: Sequence[str]) -> bool:
        """Say whether ground with this chain of codes lies in the scope; the public has none."""
        return self.role != "public" and (self.scope is None or self.scope in chain)

    @property
    def places_incidents(self) -> bool:
        """Say whether the role finds owners for incidents that have none; on which ground, the scope says."""
        return self.role in {"dispatcher", "admin"}

    @property
    def calls_staff(self) -> bool:
        """Say whether the role gets names and telephone numbers of staff; on which ground, the scope says."""
        return self.role in {"worker", "router", "dispatcher", "admin"}


PUBLIC = Principal(name="public", role="public")
"""Who shows no token."""
