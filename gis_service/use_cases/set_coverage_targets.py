"""Say how much of its ground each jurisdiction must have in grids."""

from __future__ import annotations

from collections.abc import Sequence

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.finding_exception import CoverageTarget
from gis_service.errors import InputFault, RuleBrokenError


def read_coverage_targets(work: UnitOfWork) -> list[CoverageTarget]:
    """Return all targets, by grid code; a grid without one obeys the nearest ancestor's, and else the whole."""
    with work:
        return work.coverage_targets.list_all()


def set_coverage_targets(targets: Sequence[CoverageTarget], work: UnitOfWork) -> None:
    """Let these targets, and no others, hold from now on.

    Raises:
        RuleBrokenError: a grid comes twice (``duplicate-code``) or is not known (``unknown-code``), by the first that
            does; nothing is stored.
    """
    codes = [target.grid_code for target in targets]
    with work:
        known = work.grids.used_codes(codes)
        faults, refused = [], []
        for position, code in enumerate(codes):
            pointer = f"/targets/{position}/grid"
            if code in codes[:position]:
                refused.append("duplicate-code")
                faults.append(InputFault(pointer, f"grid {code} comes twice"))
            elif code not in known:
                refused.append("unknown-code")
                faults.append(InputFault(pointer, f"no edition has ever had a grid {code}"))
        if faults:
            raise RuleBrokenError(faults[0].detail, code=refused[0], faults=faults)
        work.coverage_targets.replace_all(targets)
        work.commit()
