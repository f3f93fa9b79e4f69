"""Generalised shapes by band of zooms: rows are added and closed, never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry
from sqlalchemy import and_, insert, or_, select, text, update
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows, multipolygon_texts
from gis_service.database.geometry import from_binary, from_column
from gis_service.database.tables import edition as edition_table
from gis_service.database.tables import generalised_band, generalised_shape, grid
from gis_service.database.tiles import statement
from gis_service.domain.edition import Bounds
from grid_boundaries.partition import Grid


@dataclass(frozen=True, slots=True)
class MadeBand:
    """A band that an edition has: the finest level that it was made for, and how many shapes were new."""

    level: str
    shapes_made: int


@dataclass(frozen=True, slots=True)
class BandGrids:
    """Grids of a band, by code; ``parents`` are the codes of those that have children in the edition."""

    grids: list[Grid]
    parents: frozenset[str]


class GeneralisedRepository:
    """Rows of ``generalised_band`` and ``generalised_shape``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def bands_of(self, edition: int) -> dict[int, MadeBand]:
        """Return the bands that an edition has, by number; empty where nothing was made."""
        query = select(generalised_band).where(generalised_band.c.edition == edition)
        return {row.band: MadeBand(row.level, row.shapes_made) for row in self._session.execute(query)}

    def editions_without(self) -> list[int]:
        """Return the numbers of the editions of which no band was made, the oldest first."""
        made = select(generalised_band.c.edition)
        query = select(edition_table.c.number).where(edition_table.c.number.not_in(made))
        return list(self._session.scalars(query.order_by(edition_table.c.number)))

    def touched_by(self, edition: int) -> set[str]:
        """Return the codes whose rows begin or end with an edition."""
        begins = text("lower(editions) = :edition OR upper(editions) = :edition")
        return set(self._session.scalars(select(grid.c.code).where(begins), {"edition": edition}))

    def codes_differing(self, edition: int, other: int, band: int) -> set[str]:
        """Return the codes of the grids that have not the same shape of a band in two editions."""
        table = generalised_shape
        holds = [
            and_(table.c.since <= number, or_(table.c.until.is_(None), table.c.until > number))
            for number in (edition, other)
        ]
        return set(self._session.scalars(select(table.c.code).where(table.c.band == band, holds[0] != holds[1])))

    def grids(
        self,
        edition: int,
        level: str,
        coarser: Sequence[str],
        *,
        codes: Collection[str] | None = None,
        boxes: Sequence[Bounds] | None = None,
    ) -> BandGrids:
        """Return the grids that a band has shapes of when ``level`` is the finest it draws, with exact shapes.

        Of these all, or those of some codes, or those whose own box meets one of some boxes.
        """
        sides = zip(*boxes, strict=True) if boxes else ([], [], [], [])
        wests, souths, easts, norths = ((None,) * 4) if boxes is None else (list(side) for side in sides)
        rows = self._session.execute(
            statement("grids_of_band"),
            {
                "edition": edition,
                "level": level,
                "coarser": list(coarser),
                "codes": None if codes is None else sorted(codes),
                "wests": wests,
                "souths": souths,
                "easts": easts,
                "norths": norths,
            },
        ).all()
        return BandGrids(
            [Grid(row.code, from_binary(bytes(row.shape)), row.level, row.parent) for row in rows],
            frozenset(row.code for row in rows if row.has_children),
        )

    def shapes(self, edition: int, band: int, codes: Collection[str] | None = None) -> dict[str, BaseGeometry]:
        """Return the shapes of a band in an edition by code: all, or those of some codes."""
        table = generalised_shape
        query = select(table.c.code, table.c.shape).where(
            table.c.band == band, table.c.since <= edition, or_(table.c.until.is_(None), table.c.until > edition)
        )
        if codes is not None:
            query = query.where(table.c.code.in_(codes))
        return {row.code: from_column(row.shape) for row in self._session.execute(query)}

    def replace(self, edition: int, band: int, shapes: Mapping[str, BaseGeometry], gone: Collection[str]) -> None:
        """Let shapes be those of their grids in a band from an edition on; those of ``gone`` end before it."""
        closed = {*shapes, *gone}
        table = generalised_shape
        if closed:
            self._session.execute(
                update(table)
                .where(table.c.band == band, table.c.code.in_(closed), table.c.until.is_(None))
                .values(until=edition)
            )
        if shapes:
            rows = zip(shapes, multipolygon_texts(list(shapes.values())), strict=True)
            given = ((code, band, edition, shape) for code, shape in rows)
            copy_rows(self._session, table, ("code", "band", "since", "shape"), given)

    def record(self, edition: int, band: int, *, level: str, tolerance: float, shapes_made: int) -> None:
        """Say that an edition has the shapes of a band."""
        self._session.execute(
            insert(generalised_band).values(
                edition=edition, band=band, level=level, tolerance_deg=tolerance, shapes_made=shapes_made
            )
        )
