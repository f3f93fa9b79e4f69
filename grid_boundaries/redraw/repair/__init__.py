"""Repair as a proposal: what would give every point one owner, for a planner to look at (decision 6)."""

from grid_boundaries.redraw.repair.proposal import (
    Announcement,
    Assignment,
    GroundChange,
    NotRepaired,
    Proposal,
    Replacement,
)
from grid_boundaries.redraw.repair.propose import propose_repair

__all__ = [
    "Announcement",
    "Assignment",
    "GroundChange",
    "NotRepaired",
    "Proposal",
    "Replacement",
    "propose_repair",
]
