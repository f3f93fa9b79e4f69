"""A tiny made-up district: one street, two communities, four unit grids, all squares of a hundredth of a degree."""

from __future__ import annotations

from datetime import UTC, datetime

from shapely.geometry import box
from sqlalchemy import insert
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.tables import level
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.edition import Edition
from gis_service.use_cases.create_plan import create_plan
from gis_service.use_cases.publish_plan import publish_plan
from gis_service.use_cases.replace_grids import replace_grids
from grid_boundaries.partition import Grid

PLANNER = Principal(name="test planner", role="planner", scope=None)
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)

LEVELS = [
    {"code": "district", "rank": 1, "name": "区", "name_en": "district", "min_zoom": 0, "max_zoom": 9},
    {"code": "street", "rank": 2, "name": "街道", "name_en": "street", "min_zoom": 10, "max_zoom": 11},
    {"code": "community", "rank": 3, "name": "社区", "name_en": "community", "min_zoom": 12, "max_zoom": 13},
    {"code": "unit_grid", "rank": 4, "name": "单元网格", "name_en": "unit grid", "min_zoom": 14, "max_zoom": 22},
]

# West, south, east, north in hundredths of a degree from 102.70 E, 25.00 N.
UNITS = {
    "530103001001001": (0, 1, 1, 2),
    "530103001001002": (0, 0, 1, 1),
    "530103001002001": (1, 1, 2, 2),
    "530103001002002": (1, 0, 2, 1),
}


def square(west: float, south: float, east: float, north: float):
    """A box with a vertex at every hundredth of a degree, so that neighbours share all of theirs."""
    ring = [
        *((x, south) for x in range(west, east)),
        *((east, y) for y in range(south, north)),
        *((x, north) for x in range(east, west, -1)),
        *((west, y) for y in range(north, south, -1)),
    ]
    corners = [(round(102.70 + x / 100, 9), round(25.00 + y / 100, 9)) for x, y in ring]
    return type(box(0, 0, 1, 1))([*corners, corners[0]])


def tiny_tree() -> list[Grid]:
    """Eight grids that tile a square of two hundredths of a degree at every level."""
    tree = [
        Grid("530103", square(0, 0, 2, 2), "district", None, "盘龙区", households=1600),
        Grid("530103001", square(0, 0, 2, 2), "street", "530103", "东华街道", households=1600),
        Grid("530103001001", square(0, 0, 1, 2), "community", "530103001", "小龙路社区", households=800),
        Grid("530103001002", square(1, 0, 2, 2), "community", "530103001", "白龙路社区", households=800),
    ]
    for number, (code, place) in enumerate(UNITS.items(), start=1):
        tree.append(Grid(code, square(*place), "unit_grid", code[:12], f"第{number}网格", households=400))
    return tree


def add_levels(open_session: sessionmaker[Session]) -> None:
    """Store the levels."""
    with open_session() as session:
        session.execute(insert(level), LEVELS)
        session.commit()


def publish_tree(
    work: UnitOfWork, grids: list[Grid], effective_from: datetime | None = None, note: str = ""
) -> Edition:
    """Publish grids as the next edition by way of a plan."""
    plan = create_plan("test", PLANNER, work)
    replace_grids(plan.id, grids, PLANNER, work)
    return publish_plan(plan.id, PLANNER, work, note=note, effective_from=effective_from)
