"""Grids by edition: rows are added and closed, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Row, Select, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows, multipolygon_texts, shape_texts
from gis_service.database.geometry import from_column
from gis_service.database.subtree import codes_under
from gis_service.database.tables import SRID, grid, grid_code
from gis_service.domain.checksum import digests
from gis_service.domain.edition import Bounds
from gis_service.domain.grid import GridFilter, GridRecord, GridSpan
from grid_boundaries.measure import areas_m2, label_points
from grid_boundaries.partition import Grid

DECIMALS = 9
"""Decimals of a degree in GeoJSON: those of the lattice."""

_RECORD = (
    grid.c.code,
    grid.c.name,
    grid.c.level,
    grid.c.parent,
    grid.c.kind,
    grid.c.households,
    grid.c.area_m2,
    func.ST_X(grid.c.label_point).label("label_lon"),
    func.ST_Y(grid.c.label_point).label("label_lat"),
    func.ST_AsGeoJSON(grid.c.shape, DECIMALS).label("geometry"),
)

_COLUMNS = (
    "code",
    "editions",
    "level",
    "parent",
    "kind",
    "name",
    "households",
    "attributes",
    "area_m2",
    "digest",
    "label_point",
    "shape",
)

_AT_ONCE = 5_000
"""Grids measured and written at a time: their shapes as text take some ten megabytes."""

_ADD_CODES = text("INSERT INTO grid_code (code) SELECT unnest(cast(:codes AS text[])) ON CONFLICT DO NOTHING")


def _only_in(edition: int, other: int) -> list[ColumnElement[bool]]:
    """Return that a row is of an edition and not of another, by the end of its range that lies between the two."""
    contains = grid.c.editions.contains(edition)
    if edition > other:
        return [contains, func.lower(grid.c.editions) > other]
    return [contains, ~func.upper_inf(grid.c.editions), func.upper(grid.c.editions) <= other]


def _to_grid(row: Row[Any]) -> Grid:
    return Grid(
        code=row.code,
        shape=from_column(row.shape),
        level=row.level,
        parent=row.parent,
        name=row.name,
        kind=row.kind,
        households=row.households,
    )


class GridRepository:
    """Rows of ``grid`` and ``grid_code``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_edition(self, edition: int) -> list[Grid]:
        """Return every grid of an edition with its exact shape, by code."""
        query = select(grid).where(grid.c.editions.contains(edition)).order_by(grid.c.code)
        return [_to_grid(row) for row in self._session.execute(query)]

    def of_codes(self, edition: int, codes: Collection[str]) -> list[Grid]:
        """Return those of the codes that are alive in an edition, with their exact shapes, by code."""
        query = select(grid).where(grid.c.editions.contains(edition), grid.c.code.in_(codes)).order_by(grid.c.code)
        return [_to_grid(row) for row in self._session.execute(query)]

    def outline(self, edition: int) -> dict[str, tuple[str, str | None]]:
        """Return the level and the parent of every grid of an edition, by code, without their shapes."""
        query = select(grid.c.code, grid.c.level, grid.c.parent).where(grid.c.editions.contains(edition))
        return {row.code: (row.level, row.parent) for row in self._session.execute(query)}

    def in_box(self, edition: int, box: Bounds) -> list[Grid]:
        """Return every grid of an edition, of any level, whose own box meets a box; by code."""
        meets = grid.c.shape.intersects(func.ST_MakeEnvelope(*box, SRID))  # &&: boxes, which is what is asked for
        query = select(grid).where(grid.c.editions.contains(edition), meets).order_by(grid.c.code)
        return [_to_grid(row) for row in self._session.execute(query)]

    def of_parents(self, edition: int, parents: Collection[str | None]) -> list[Grid]:
        """Return the children of some parents in an edition; None stands for the roots; by code."""
        codes = [code for code in parents if code is not None]
        is_child: ColumnElement[bool] = grid.c.parent.in_(codes)
        if len(codes) < len(parents):
            is_child = or_(is_child, grid.c.parent.is_(None))
        query = select(grid).where(grid.c.editions.contains(edition), is_child).order_by(grid.c.code)
        return [_to_grid(row) for row in self._session.execute(query)]

    def only_in(self, edition: int, other: int) -> list[Grid]:
        """Return the grids of an edition whose rows are not those of another edition, by code."""
        query = select(grid).where(*_only_in(edition, other)).order_by(grid.c.code)
        return [_to_grid(row) for row in self._session.execute(query)]

    def codes_only_in(self, edition: int, other: int) -> set[str]:
        """Return the codes of ``only_in``, without their shapes."""
        return set(self._session.scalars(select(grid.c.code).where(*_only_in(edition, other))))

    def spans(self, code: str) -> list[GridSpan]:
        """Return every state that a grid has had, the oldest first; empty when no edition ever had it."""
        columns = (grid.c.name, grid.c.level, grid.c.parent, grid.c.kind, grid.c.households, grid.c.area_m2)
        since = func.lower(grid.c.editions)
        query = select(since.label("since"), func.upper(grid.c.editions).label("until"), *columns)
        rows = self._session.execute(query.where(grid.c.code == code).order_by(since))
        return [GridSpan(**row) for row in rows.mappings()]

    def checksum(self, edition: int) -> str:
        """Return the checksum over the digests of an edition's grids (``domain/checksum.py``), reckoned here."""
        ordered = aggregate_order_by(text("''::bytea"), grid.c.code.collate("C"))
        query = select(func.encode(func.sha256(func.string_agg(grid.c.digest, ordered)), "hex"))
        return str(self._session.scalar(query.where(grid.c.editions.contains(edition))))

    def search(self, edition: int, wanted: GridFilter) -> list[GridRecord]:
        """Return up to ``wanted.limit`` grids of an edition, by code.

        ``text`` is sought in the name, and as the beginning of the code; ``bbox`` takes what it touches.
        """
        query: Select[Any] = select(*_RECORD).where(grid.c.editions.contains(edition))
        for column, value in (
            (grid.c.level, wanted.level),
            (grid.c.parent, wanted.parent),
            (grid.c.kind, wanted.kind),
        ):
            if value is not None:
                query = query.where(column == value)
        if wanted.bbox is not None:
            query = query.where(func.ST_Intersects(grid.c.shape, func.ST_MakeEnvelope(*wanted.bbox, SRID)))
        if wanted.text is not None:
            found = grid.c.name.icontains(wanted.text, autoescape=True)
            query = query.where(or_(found, grid.c.code.startswith(wanted.text, autoescape=True)))
        if wanted.after is not None:
            query = query.where(grid.c.code > wanted.after)
        rows = self._session.execute(query.order_by(grid.c.code).limit(wanted.limit))
        return [GridRecord(**row) for row in rows.mappings()]

    def record(self, edition: int, code: str) -> GridRecord | None:
        """Return one grid of an edition, or None."""
        query = select(*_RECORD).where(grid.c.editions.contains(edition), grid.c.code == code)
        row = self._session.execute(query).mappings().one_or_none()
        return None if row is None else GridRecord(**row)

    def row_ids(self, edition: int, codes: Collection[str]) -> dict[str, int]:
        """Return the row of each grid alive in an edition; equal rows in two editions mean: untouched between."""
        query = select(grid.c.code, grid.c.id).where(grid.c.editions.contains(edition), grid.c.code.in_(codes))
        return {row.code: row.id for row in self._session.execute(query)}

    def feature_ids(self, edition: int | None, codes: Collection[str]) -> dict[str, int]:
        """Return the ids that tiles use for the codes of an edition and for others; those never used have none."""
        is_asked: ColumnElement[bool] = grid_code.c.code.in_(codes)
        if edition is not None:
            alive = select(grid.c.code).where(grid.c.editions.contains(edition))
            is_asked = or_(is_asked, grid_code.c.code.in_(alive))
        rows = self._session.execute(select(grid_code.c.code, grid_code.c.feature_id).where(is_asked))
        return {row.code: row.feature_id for row in rows}

    def used_codes(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes that any edition has ever used."""
        return set(self._session.scalars(select(grid_code.c.code).where(grid_code.c.code.in_(codes))))

    def used_codes_beginning(self, prefixes: Collection[str]) -> set[str]:
        """Return the codes that any edition has ever used and that begin with one of the prefixes."""
        begins = or_(*(grid_code.c.code.startswith(prefix, autoescape=True) for prefix in sorted(prefixes)))
        return set(self._session.scalars(select(grid_code.c.code).where(begins))) if prefixes else set()

    def bounds_of_roots(self, edition: int) -> Bounds:
        """Return the box around the grids without a parent; an edition has at least one."""
        query = select(grid.c.shape).where(grid.c.editions.contains(edition), grid.c.parent.is_(None))
        west, south, east, north = shapely.total_bounds(
            [from_column(one) for one in self._session.scalars(query)]
        ).tolist()
        return west, south, east, north

    def parents_of(self, edition: int, codes: Collection[str]) -> dict[str, str | None]:
        """Return the parent of each of some grids in an edition, by code, without their shapes."""
        query = select(grid.c.code, grid.c.parent).where(grid.c.editions.contains(edition), grid.c.code.in_(codes))
        return {row.code: row.parent for row in self._session.execute(query)}

    def roots(self, edition: int) -> list[str]:
        """Return the codes of the grids of an edition that have no parent, sorted."""
        query = select(grid.c.code).where(grid.c.editions.contains(edition), grid.c.parent.is_(None))
        return sorted(self._session.scalars(query))

    def codes_under(self, code: str, edition: int) -> set[str]:
        """Return the code of a grid and those of all grids below it in an edition."""
        return set(self._session.scalars(codes_under(code, edition)))

    def parents(self, edition: int) -> set[str]:
        """Return the codes of the grids that have children in an edition."""
        query = select(grid.c.parent).where(grid.c.editions.contains(edition), grid.c.parent.is_not(None))
        return {code for code in self._session.scalars(query.distinct()) if code is not None}

    def publish(
        self,
        edition: int,
        *,
        closed: Collection[str],
        added: Sequence[Grid],
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Close the rows of ``closed`` before an edition and open a row for each grid of ``added`` from it on.

        ``attributes`` holds more of a grid by its code; one that it lacks keeps what its closed row had.
        """
        kept: dict[str, Mapping[str, Any]] = {}
        if closed:
            ended = self._session.execute(
                update(grid)
                .where(grid.c.code.in_(closed), func.upper_inf(grid.c.editions))
                .values(editions=func.int4range(func.lower(grid.c.editions), edition))
                .returning(grid.c.code, grid.c.attributes)
            )
            kept = {row.code: row.attributes for row in ended}
        kept.update(attributes or {})
        if not added:
            return
        self._session.execute(_ADD_CODES, {"codes": [one.code for one in added]})
        for first in range(0, len(added), _AT_ONCE):
            some = added[first : first + _AT_ONCE]
            copy_rows(self._session, grid, _COLUMNS, _rows(some, edition, kept))


def _rows(
    added: Sequence[Grid], edition: int, attributes: Mapping[str, Mapping[str, Any]]
) -> Iterator[Sequence[Any]]:
    """Yield the rows of new grids along ``_COLUMNS``."""
    shapes = [one.shape for one in added]
    measured = zip(
        added,
        areas_m2(shapes),
        digests(added),
        shape_texts(np.asarray(shapely.points(label_points(shapes)), dtype=np.object_)),
        multipolygon_texts(shapes),
        strict=True,
    )
    for one, area, digest, label, shape in measured:
        given = one.code, f"[{edition},)", one.level, one.parent, one.kind, one.name, one.households
        yield *given, attributes.get(one.code, {}), area, digest, label, shape
