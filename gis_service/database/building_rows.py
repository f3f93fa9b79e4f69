"""Many buildings at once: what is known of those of a file, storing them by COPY, and reading all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from importlib.resources import files

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from sqlalchemy import and_, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from gis_service.database.buildings import WRITING_LOCK
from gis_service.database.bulk import copy_rows, multipolygon_texts, shape_texts
from gis_service.database.geometry import from_column
from gis_service.database.tables import building, building_owner
from gis_service.domain.building_import import ExportedBuilding, NewBuilding

_NEAR_PLACES = text(files("gis_service.database").joinpath("sql", "buildings_near_places.sql").read_text("utf-8"))
_PLAIN = ("code", "name", "address", "use", "storeys", "households", "built_on", "verified_on")


class BuildingRowRepository:
    """Rows of ``building`` and ``building_owner``, thousands at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock_writing(self) -> None:
        """Wait until no other transaction writes buildings; the lock goes with this transaction."""
        self._session.execute(select(func.pg_advisory_xact_lock(WRITING_LOCK)))

    def known_codes(self, codes: Collection[str]) -> set[str]:
        """Return those of the codes that a building has or had."""
        wanted = bindparam("codes", list(codes), ARRAY(Text))
        return set(self._session.scalars(select(building.c.code).where(building.c.code == func.any(wanted))))

    def near(
        self, lons: NDArray[np.float64], lats: NDArray[np.float64], reach_m: float
    ) -> dict[int, tuple[str, float]]:
        """Return the nearest standing building within reach of each place that has one, and its metres, by index."""
        values = {"lons": lons.tolist(), "lats": lats.tolist(), "reach_m": reach_m}
        return {row.number - 1: (row.code, row.distance_m) for row in self._session.execute(_NEAR_PLACES, values)}

    def at_addresses(self, addresses: Collection[str]) -> dict[str, str]:
        """Return the smallest code of the standing buildings at each address that has one."""
        wanted = bindparam("addresses", list(addresses), ARRAY(Text))
        query = (
            select(building.c.address, func.min(building.c.code))
            .where(building.c.address == func.any(wanted), building.c.retired_at.is_(None))
            .group_by(building.c.address)
        )
        return {row[0]: row[1] for row in self._session.execute(query)}

    def add(self, buildings: Sequence[NewBuilding], edition: int) -> None:
        """Store new buildings, owned from an edition on; their codes are not yet there."""
        if not buildings:
            return
        points = shape_texts(shapely.points([(one.lon, one.lat) for one in buildings]))
        drawn = [one.footprint for one in buildings if one.footprint is not None]
        outlines = iter(multipolygon_texts(drawn))
        rows = [
            [
                *(getattr(one, column) for column in _PLAIN),
                point,
                None if one.footprint is None else next(outlines),
            ]
            for one, point in zip(buildings, points, strict=True)
        ]
        copy_rows(self._session, building, [*_PLAIN, "point", "footprint"], rows)
        copy_rows(
            self._session,
            building_owner,
            ["building_code", "editions", "grid_code"],
            [(one.code, f"[{edition},)", one.owner) for one in buildings],
        )

    def pages(
        self, edition: int, *, grids: Collection[str] | None, with_footprints: bool, rows: int
    ) -> Iterator[list[ExportedBuilding]]:
        """Yield the standing buildings by code, with their owners in an edition, a page at a time.

        Args:
            edition: whose owners.
            grids: only buildings that these own; all, those without an owner too, when None.
            with_footprints: whether to read footprints.
            rows: of a page.
        """
        after = ""
        while page := self._page(edition, grids, after, with_footprints=with_footprints, rows=rows):
            yield page
            after = page[-1].code

    def _page(
        self, edition: int, grids: Collection[str] | None, after: str, *, with_footprints: bool, rows: int
    ) -> list[ExportedBuilding]:
        is_owned = and_(
            building_owner.c.building_code == building.c.code, building_owner.c.editions.contains(edition)
        )
        query = (
            select(
                *(building.c[name] for name in _PLAIN),
                func.ST_X(building.c.point).label("lon"),
                func.ST_Y(building.c.point).label("lat"),
                building_owner.c.grid_code.label("grid"),
                *([building.c.footprint] if with_footprints else []),
            )
            .outerjoin(building_owner, is_owned)
            .where(building.c.retired_at.is_(None), building.c.code > after)
            .order_by(building.c.code)
            .limit(rows)
        )
        if grids is not None:
            query = query.where(building_owner.c.grid_code == func.any(bindparam("grids", list(grids), ARRAY(Text))))
        found = []
        for row in self._session.execute(query).mappings():
            told = dict(row)
            drawn = told.pop("footprint", None)
            shape = None if drawn is None else from_column(drawn)
            told["footprint"] = MultiPolygon([shape]) if isinstance(shape, Polygon) else shape
            found.append(ExportedBuilding(**told))
        return found
