"""Issue building codes: never one that is or was in use."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building_code import draw_building_code
from gis_service.errors import ClashError

_MOST_TRIES = 30


def issue_codes(work: UnitOfWork, county: str, count: int) -> list[str]:
    """Return new codes of a county, drawn without regard to place or order.

    Args:
        work: a transaction that has begun; until it ends nobody else writes buildings.
        county: six digits.
        count: how many.

    Raises:
        ClashError: the serial numbers of the county are used up, or nearly so.
        ValueError: ``county`` is not six digits.
    """
    work.building_rows.lock_writing()
    found: dict[str, None] = {}
    for _ in range(_MOST_TRIES):
        missing = count - len(found)
        if not missing:
            return list(found)
        drawn = [draw_building_code(county) for _ in range(missing)]
        known = work.building_rows.known_codes(drawn)
        found.update(dict.fromkeys(code for code in drawn if code not in known))
    raise ClashError(
        f"the serial numbers of county {county} are nearly used up; name another county to issue codes. "
        f"区县 {county} 的楼栋序号即将用尽。",
        code="no-codes-left",
    )
