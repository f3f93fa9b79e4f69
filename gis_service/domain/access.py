"""Who asks, what they may do, and on which subtree of grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

ROLES = ("worker", "router", "dispatcher", "planner", "auditor", "admin")
"""Roles that a token can carry; who shows none is ``public``."""

GENERAL, IMPORTANT, CORE = DATA_CLASSES = ("general", "important", "core")
"""Classes of data: for everyone, for who works there, and for few of them."""

_CLEARANCE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "worker": (GENERAL, IMPORTANT),
        "router": (GENERAL, IMPORTANT),
        "planner": (GENERAL, IMPORTANT),
        "dispatcher": DATA_CLASSES,
        "auditor": DATA_CLASSES,
        "admin": DATA_CLASSES,
    }
)
"""The classes that a role sees; of ground outside its scope it sees GENERAL alone."""


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
    def data_classes(self) -> tuple[str, ...]:
        """Return the classes of data that the role sees; on which ground, the scope says."""
        return _CLEARANCE.get(self.role, (GENERAL,))

    @property
    def places_incidents(self) -> bool:
        """Say whether the role finds owners for incidents that have none; on which ground, the scope says."""
        return self.role in {"dispatcher", "admin"}


PUBLIC = Principal(name="public", role="public")
"""Who shows no token."""
