"""Editions put straight into the database, without a plan: any grids, valid or not, in force from any day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import shapely
from sqlalchemy import insert
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.tables import level
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.level import Level
from grid_boundaries.partition import Grid

RANKS = {"city": 0, "district": 1, "street": 2, "community": 3, "unit_grid": 4, "micro_grid": 5}
LEVELS = [Level(code, rank, code, code, 0, 22) for code, rank in RANKS.items()]
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def store_ranks(open_session: sessionmaker[Session]) -> None:
    """Store the six levels."""
    rows = [
        {"code": code, "rank": rank, "name": code, "name_en": code, "min_zoom": 0, "max_zoom": 22}
        for code, rank in RANKS.items()
    ]
    with open_session() as session:
        session.execute(insert(level), rows)
        session.commit()


def store_edition(
    work: UnitOfWork, number: int, grids: Sequence[Grid], effective_from: datetime = NEW_YEAR, checksum: str = ""
) -> None:
    """Store an edition that consists of these grids and no others."""
    with work:
        before = [grid.code for grid in work.grids.of_edition(number - 1)]
        west, south, east, north = shapely.total_bounds([grid.shape for grid in grids]).tolist()
        work.editions.append(
            number=number,
            effective_from=effective_from,
            published_by="test",
            note="",
            grid_count=len(grids),
            checksum=checksum or f"checksum of {number}",
            certificate={},
            bounds=(west, south, east, north),
        )
        work.grids.publish(number, closed=before, added=grids, attributes={})
        work.commit()
