"""Say what an area touches: grids, buildings, households, and whom to call."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import shapely

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.area import (
    AreaAnswer,
    AreaQuestion,
    chain_codes,
    count_covered,
    find_touched,
    measure_touched,
)
from gis_service.domain.data_class import visible
from gis_service.errors import TooLargeError
from gis_service.use_cases.read_ground import choose_edition, refuse_unknown_level
from grid_boundaries.locate.cells import cut_into_cells
from grid_boundaries.measure import area_m2

MOST_MEETINGS = 20_000_000
"""Grids near the edge of an area times its positions: some ten seconds of work, and a thousand times what a warning
area of a city takes."""


def locate_area(question: AreaQuestion, principal: Principal, zone: ZoneInfo, work: UnitOfWork) -> AreaAnswer:
    """Return what an area touches in one edition, and for who may call them the people on duty there.

    The area is cut into cells.  Of those that it covers, the database has kept count; what is near its edge is looked
    at one by one, exactly.  A building on the edge is in the area.  Only the grids that are listed are measured.

    Args:
        question: the area, the edition, and what is to be listed.
        principal: who asks; sees the staff of their scope.
        zone: of the day on which staff is on duty: that of ``question.at``, or today.
        work: a transaction not yet begun.

    Raises:
        RuleBrokenError: both ``edition`` and ``at``, or a level that does not exist.
        NotFoundError: no such edition, or none in force then.
        TooLargeError: its edge is too long and winding to be followed through all those grids.
        UnavailableError: the database does not answer.
    """
    area, limit = question.shape, question.limit
    cells = cut_into_cells(area)
    with work:
        ranks = {level.code: level.rank for level in work.levels.list_all()}
        if question.level is not None:
            refuse_unknown_level(question.level, [*ranks])
        edition = choose_edition(question.edition, question.at, work)
        near_edge = work.areas.grids_near_edge(edition, cells)
        if len(near_edge) * shapely.get_num_coordinates(area) > MOST_MEETINGS:
            sentence = f"the area's edge runs by {len(near_edge)} grids; ask with fewer positions, or part by part"
            raise TooLargeError(sentence, code="area-too-complex")
        seen = {one.code for one in near_edge}
        covered = [one for one in work.areas.grids_inside(edition, cells) if one.code not in seen]
        touched = find_touched(area, covered, near_edge)
        if question.level is None:
            parents = work.grids.parents(edition)
            listed = sorted(touched.keys() - parents)
            above = list(touched.keys() & parents)
        else:
            listed = sorted(code for code, one in touched.items() if one.level == question.level)
            above = [code for code, one in touched.items() if ranks[one.level] < ranks[question.level]]
        above.sort(key=lambda code: (ranks[touched[code].level], code))
        standing = count_covered(area, work.areas.count_inside(cells), work.areas.dwellings_near_edge(cells))
        staff = None
        if visible(principal, "staff.phone", in_scope=True):
            reached = [code for code in touched if principal.sees(chain_codes(code, touched))]
            reached.sort(key=lambda code: (ranks[touched[code].level], code))
            day = (question.at or datetime.now(UTC)).astimezone(zone).date()
            staff = work.staff.on_duty(reached, day, limit + 1)
    too_long = {"grids": len(listed) > limit, "above": len(above) > limit, "staff": len(staff or ()) > limit}
    return AreaAnswer(
        edition=edition,
        area_m2=area_m2(area),
        grids=measure_touched(area, [touched[code] for code in listed[:limit]]),
        grids_total=len(listed),
        above=measure_touched(area, [touched[code] for code in above[:limit]]),
        standing=standing,
        staff=None if staff is None else staff[:limit],
        truncated=frozenset(name for name, is_too_long in too_long.items() if is_too_long),
    )
