"""Why the service decided as it did: one entry for each step, in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a decision: ``facts`` are what a program may want of it, such as ``rule`` or ``nearest``."""

    step: str
    detail: str
    detail_zh: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the entry as it is stored and answered; facts stand beside ``step`` and ``detail``."""
        return {"step": self.step, **self.facts, "detail": self.detail, "detail_zh": self.detail_zh}
