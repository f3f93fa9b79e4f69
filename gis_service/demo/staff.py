"""Who serves the demo district: people who do not exist, with telephone numbers that nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from gis_service.demo.division import DONGHUA
from gis_service.demo.names import person_name
from gis_service.domain.staff import StaffMember
from grid_boundaries.partition import Grid

DONGHUA_WORKERS = 245
HEADED = ("street", "community", "unit_grid")


def employ(grids: Sequence[Grid], random: np.random.Generator, until: date) -> list[StaffMember]:
    """Return the staff on duty at ``until``: a head for each street, community and unit grid, workers, liaisons.

    Donghua's workers are shared out evenly over its unit grids; elsewhere a unit grid has one or two.  Each
    micro-grid has a liaison.
    """
    office = _Office(random, until)
    donghua = next(grid.code for grid in grids if grid.name == DONGHUA)
    units = [grid for grid in grids if grid.level == "unit_grid" and grid.code.startswith(donghua)]
    few, more = divmod(DONGHUA_WORKERS, len(units))
    in_donghua = {grid.code: few + (index < more) for index, grid in enumerate(units)}
    for grid in grids:
        if grid.level in HEADED:
            office.hire("head", grid.code, 1)
        if grid.level == "unit_grid":
            office.hire("worker", grid.code, in_donghua.get(grid.code) or int(random.integers(1, 3)))
        if grid.level == "micro_grid":
            office.hire("liaison", grid.code, 1)
    return office.staff


class _Office:
    """Hires people."""

    def __init__(self, random: np.random.Generator, until: date) -> None:
        self.staff: list[StaffMember] = []
        self._random = random
        self._until = until

    def hire(self, role: str, grid_code: str, count: int) -> None:
        """Add people to a grid, each for one to seventy months already.

        No telephone number begins with 000, and this one shows no more than its last digits.
        """
        for _ in range(count):
            since = self._until - timedelta(days=int(self._random.integers(30, 2_100)))
            phone = f"000****{len(self.staff) + 1:04d}"
            self.staff.append(StaffMember(person_name(self._random), role, grid_code, since, phone))
