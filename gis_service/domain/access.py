"""Who asks, what they may do, and on which ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROLES = ("worker", "router", "dispatcher", "planner", "auditor", "admin")
"""Roles that a token can carry; without a token one is ``public``."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: ``scope`` is a grid code and covers its subtree; None covers everything."""

    name: str
    role: str
    scope: str | None

    def sees(self, chain: Sequence[str]) -> bool:
        """Tell whether the ground with this chain of codes lies in the caller's scope."""
        return self.role != "public" and (self.scope is None or self.scope in chain)


PUBLIC = Principal(name="anonymous", role="public", scope=None)
