"""A small ground with rules, published for real: what the desk needs to route an incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import shapely
from shapely.geometry import Point as Dot

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building import Building, Entrance
from gis_service.domain.place import ChainLink, Place
from gis_service.domain.rule_rows import RuleTables
from gis_service.use_cases.load_rules import load_rules
from grid_boundaries.partition import Grid

FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)

LEVELS = [
    {"code": "district", "rank": "1", "name": "区", "name_en": "district", "min_zoom": "0", "max_zoom": "24"},
    {"code": "street", "rank": "2", "name": "街道", "name_en": "street", "min_zoom": "0", "max_zoom": "24"},
    {"code": "unit_grid", "rank": "4", "name": "单元网格", "name_en": "unit grid", "min_zoom": "0", "max_zoom": "24"},
]

GROUND = (
    Grid("D", shapely.box(102.70, 25.00, 102.74, 25.04), "district", None, "盘龙区"),
    Grid("D07", shapely.box(102.70, 25.00, 102.72, 25.04), "street", "D", "东华街道"),
    Grid("D08", shapely.box(102.72, 25.00, 102.74, 25.04), "street", "D", "鼓楼街道"),
    Grid("D07A", shapely.box(102.70, 25.00, 102.72, 25.02), "unit_grid", "D07", "一网格"),
    Grid("D07B", shapely.box(102.70, 25.02, 102.72, 25.04), "unit_grid", "D07", "二网格", kind="dedicated"),
    Grid("D08A", shapely.box(102.72, 25.00, 102.74, 25.02), "unit_grid", "D08", "三网格"),
)
"""Two streets side by side; the north of D08 has no grid of its own."""

RULES = RuleTables(
    departments=[
        {"code": "emergency", "name": "应急管理局", "name_en": "Emergency management"},
        {"code": "housing", "name": "住建局", "name_en": "Housing"},
        {"code": "justice", "name": "司法所", "name_en": "Justice"},
    ],
    categories=[
        {"code": "hazard", "name": "安全隐患", "name_en": "Hazard"},
        {"code": "dispute", "name": "矛盾纠纷", "name_en": "Dispute"},
        {"code": "dispute.property", "name": "物业纠纷", "name_en": "Property dispute"},
        {"code": "sanitation", "name": "环境卫生", "name_en": "Sanitation"},
    ],
    dispatch=[
        {"id": "hazard", "category": "hazard", "department": "emergency", "assisting": "housing"},
        {"id": "dispute", "category": "dispute", "department": "justice"},
        {"id": "dispute-d07b", "category": "dispute", "grid_code": "D07B", "department": "housing"},
    ],
    deadlines=[
        {
            "id": "accept",
            "stage": "accept",
            "clock": "elapsed",
            "amount": "240",
            "response_class": "same_day",
        },
        {
            "id": "hazard-general",
            "category": "hazard",
            "stage": "handle",
            "clock": "elapsed",
            "amount": "4320",
            "response_class": "within_3_days",
        },
        {
            "id": "hazard-major",
            "category": "hazard",
            "severity": "major",
            "stage": "handle",
            "clock": "elapsed",
            "amount": "0",
            "response_class": "immediate",
        },
        {
            "id": "usual",
            "stage": "handle",
            "clock": "working",
            "amount": "3",
            "response_class": "within_3_days",
        },
    ],
)


def publish(work: UnitOfWork, number: int, effective_from: datetime, added: Sequence[Grid], closed=()) -> None:
    with work:
        work.editions.append(
            number=number,
            effective_from=effective_from,
            published_by="test",
            note="",
            grid_count=len(added),
            checksum="",
            certificate={},
            bounds=(102.70, 25.00, 102.74, 25.04),
        )
        work.grids.publish(number, closed=closed, added=added, attributes={})
        work.commit()


def prepare(work: UnitOfWork) -> None:
    """Store levels, ground, rules and one building."""
    load_rules(RuleTables(levels=LEVELS), work)
    publish(work, 1, FIRST_DAY, GROUND)
    load_rules(RULES, work)
    block = Building(
        "B7", "七栋", "人民路7号", "residential", 102.705, 25.005, entrances=(Entrance("1", 102.7051, 25.005),)
    )
    with work:
        work.buildings.add_many([block], ["D07A"], edition=1)
        work.commit()


def locate_on_ground(lon: float, lat: float, at: datetime, accuracy_m: float | None = None) -> Place:
    """Find the owner by decision 3, written out: the deepest closed polygon, of several the smallest code.

    Where the accuracy is said, three quarters for the owner.
    """
    dot = Dot(lon, lat)
    by_code = {grid.code: grid for grid in GROUND}
    covering = [grid for grid in GROUND if grid.shape.covers(dot)]
    in_force = at >= FIRST_DAY
    if not covering:
        nearest = min(GROUND, key=lambda grid: (grid.shape.distance(dot), -len(grid.code)))
        distance_m = nearest.shape.distance(dot) * 111_000
        return Place(1, "outside", nearest=(nearest.code, distance_m), in_force=in_force)
    depth = max(len(grid.code) for grid in covering)
    deepest = sorted((grid for grid in covering if len(grid.code) == depth), key=lambda grid: grid.code)
    owner, *tied = deepest
    chain = [owner]
    while chain[0].parent is not None:
        chain.insert(0, by_code[chain[0].parent])
    has_children = any(grid.parent == owner.code for grid in GROUND)
    match = "partial" if has_children else "edge" if tied else "inside"
    return Place(
        1,
        match,
        owner.code,
        owner.kind,
        tuple(ChainLink(grid.code, grid.name, grid.level) for grid in chain),
        tuple(grid.code for grid in tied),
        in_force=in_force,
        candidates=() if accuracy_m is None else ((owner.code, 0.75), *((grid.code, 0.25) for grid in tied)),
    )
