"""Incidents to count on the small ground of ``desk.py``, a redraw of it, and counting by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import shapely
from sqlalchemy import delete, insert

from gis_service.database.geometry import point_column
from gis_service.database.tables import category, incident
from gis_service.database.unit_of_work import UnitOfWork
from grid_boundaries.partition import Grid
from tests.support.desk import GROUND

REDRAWN = (
    Grid("D07", shapely.box(102.70, 25.00, 102.71, 25.04), "street", "D", "东华街道"),
    Grid("D08", shapely.box(102.71, 25.00, 102.74, 25.04), "street", "D", "鼓楼街道"),
    Grid("D07B", shapely.box(102.70, 25.02, 102.71, 25.04), "unit_grid", "D07", "二网格", kind="dedicated"),
    Grid("D07C", shapely.box(102.70, 25.00, 102.71, 25.01), "unit_grid", "D07", "四网格"),
    Grid("D07D", shapely.box(102.70, 25.01, 102.71, 25.02), "unit_grid", "D07", "五网格"),
    Grid("D08A", shapely.box(102.71, 25.00, 102.74, 25.02), "unit_grid", "D08", "三网格"),
)
"""The street D08 takes a kilometre from D07, and D07A is split into D07C and D07D."""

CLOSED = ("D07", "D08", "D07A", "D07B", "D08A")
SECOND_DAY = datetime(2026, 1, 1, tzinfo=UTC)
EDITIONS = {1: GROUND, 2: (GROUND[0], *REDRAWN)}
RANKS = {"district": 1, "street": 2, "unit_grid": 4}
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Noon of a Monday in Shanghai."""


@dataclass(frozen=True)
class One:
    """An incident to be stored: degrees, and the chain it is stamped with."""

    lon: float | None = 102.705
    lat: float | None = 25.005
    chain: tuple[str, ...] = ("D", "D07", "D07A")
    category: str = "hazard"
    state: str = "reported"
    channel: str = "patrol"
    severity: str = "general"
    occurred_at: datetime = NOON
    due_at: datetime | None = None
    handled_at: datetime | None = None
    satisfaction: int | None = None
    department: str | None = None
    stood_at: tuple[float, float] | None = None
    reported_by: str = "tests"
    handler: str | None = None
    id: UUID = field(default_factory=uuid4)


def store(work: UnitOfWork, ones: Iterable[One]) -> None:
    """Store incidents in place of all that are there."""
    rows = [
        {
            "id": one.id,
            "state": one.state if one.chain or one.state in {"merged", "cancelled"} else "unlocated",
            "category": one.category,
            "severity": one.severity,
            "channel": one.channel,
            "description": "",
            "point": None if one.lon is None else point_column(one.lon, one.lat),
            "reporter_point": None if one.stood_at is None else point_column(*one.stood_at),
            "occurred_at": one.occurred_at,
            "reported_at": one.occurred_at,
            "reported_by": one.reported_by,
            "owner": one.chain[-1] if one.chain else None,
            "chain": list(one.chain),
            "edition": 1,
            "located_by": "coordinate" if one.lon is not None else "grid" if one.stood_at is None else "reporter",
            "department": one.department,
            "due_at": one.due_at,
            "handled_at": one.handled_at,
            "satisfaction": one.satisfaction,
            "handler": one.handler,
            "explain": [],
        }
        for one in ones
    ]
    with work:
        work._session.execute(delete(incident))
        if rows:
            work._session.execute(insert(incident), rows)
        work.commit()


def add_categories(work: UnitOfWork, *codes: str) -> None:
    """Store categories that the desk does not have."""
    with work:
        work._session.execute(insert(category), [{"code": code, "name": code, "name_en": code} for code in codes])
        work.commit()


def chain_at(edition: int, lon: float, lat: float) -> tuple[str, ...]:
    """Return the owner and all above it by decision 3, written out: the deepest closed polygon, the smallest code."""
    dot = shapely.Point(lon, lat)
    covering = [grid for grid in EDITIONS[edition] if grid.shape.covers(dot)]
    if not covering:
        return ()
    deepest = max(RANKS[grid.level] for grid in covering)
    owner = min((grid for grid in covering if RANKS[grid.level] == deepest), key=lambda grid: grid.code)
    return chain_of(edition, owner.code)


def chain_of(edition: int, code: str) -> tuple[str, ...]:
    """Return a grid and all above it, root first."""
    parents = {grid.code: grid.parent for grid in EDITIONS[edition]}
    chain = [code]
    while (above := parents[chain[-1]]) is not None:
        chain.append(above)
    return tuple(reversed(chain))


def chain_in(edition: int | None, one: One) -> tuple[str, ...]:
    """Return the chain for which an incident counts, without any of the service's code."""
    if edition is None:
        return one.chain
    place = one.stood_at if one.lon is None else (one.lon, one.lat)
    if place is not None:
        return chain_at(edition, *place)
    alive = {grid.code for grid in EDITIONS[edition]}
    left = [code for code in one.chain if code in alive]
    return chain_of(edition, left[-1]) if left else ()


def by_hand(
    ones: Sequence[One], edition: int | None, level: str | None, also: Callable[[One], str]
) -> Counter[tuple[str | None, str]]:
    """Count incidents by grid, rolled up, and by something else."""
    levels = {grid.code: grid.level for grids in EDITIONS.values() for grid in grids}
    counted: Counter[tuple[str | None, str]] = Counter()
    for one in ones:
        if one.state in {"merged", "cancelled"}:
            continue
        chain = chain_in(edition, one)
        told = [code for code in chain if level is None or RANKS[levels[code]] <= RANKS[level]]
        counted[told[-1] if told else None, also(one)] += 1
    return counted
