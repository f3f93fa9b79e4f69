"""Buildings, their entrances, and who owns them in which editions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files

import shapely
from sqlalchemy import ARRAY, Text, any_, bindparam, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from gis_service.database.bulk import copy_rows, multipolygon_texts, shape_texts
from gis_service.database.tables import (
    SRID,
    building,
    building_alias,
    building_owner,
    building_unit,
    building_unit_owner,
    entrance,
    grid,
)
from gis_service.domain.building import Building, Entrance, OwnedPoint
from gis_service.domain.edition import Bounds
from gis_service.domain.household_count import Dwelling

WRITING_LOCK = 0x626C6467  # "bldg" in ASCII; any constant that no other lock of the service uses

_PLAIN = ("code", "name", "address", "use", "storeys", "households", "verified_on", "built_on")
_COLUMNS = (
    *(building.c[name] for name in (*_PLAIN, "version", "retired_at")),
    func.ST_X(building.c.point).label("lon"),
    func.ST_Y(building.c.point).label("lat"),
)
_OWNED_POINTS_IN_BOXES = text(
    files("gis_service.database").joinpath("sql", "owned_points_in_boxes.sql").read_text("utf-8")
)


class BuildingRepository:
    """Rows of ``building``, ``entrance`` and ``building_owner``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, code: str) -> Building | None:
        """Return one building, retired or not, with its entrances by label, or None; no footprint, units, aliases."""
        row = self._session.execute(select(*_COLUMNS).where(building.c.code == code)).mappings().one_or_none()
        if row is None:
            return None
        doors = select(
            entrance.c.label, func.ST_X(entrance.c.point).label("lon"), func.ST_Y(entrance.c.point).label("lat")
        )
        doors = doors.where(entrance.c.building_code == code).order_by(entrance.c.label)
        return Building(**row, entrances=tuple(Entrance(**door) for door in self._session.execute(doors).mappings()))

    def get_many(self, codes: Collection[str]) -> dict[str, Building]:
        """Return those buildings that are there, by code, without their entrances."""
        rows = self._session.execute(select(*_COLUMNS).where(building.c.code.in_(codes))).mappings()
        return {row["code"]: Building(**row) for row in rows}

    def count(self) -> int:
        """Return how many buildings are stored."""
        return self._session.execute(select(func.count()).select_from(building)).scalar_one()

    def codes_in_use(self, codes: Collection[str]) -> set[str]:
        """Return those codes that a building has, or had: retired ones keep theirs."""
        among = any_(bindparam("codes", list(codes), type_=ARRAY(Text)))
        return set(self._session.scalars(select(building.c.code).where(building.c.code == among)))

    def add_many(self, buildings: Sequence[Building], owners: Sequence[str | None], edition: int) -> None:
        """Store new buildings with all that belongs to them, owned from an edition on.

        Args:
            buildings: with codes that are not yet there.
            owners: the grid of each, in the same order; None where no grid covers it.
            edition: the first in which the owners hold, those of units too; it stays so until a later edition says
                otherwise.
        """
        if not buildings:
            return
        self.lock_writing()
        points = shape_texts(shapely.points([one.lon for one in buildings], [one.lat for one in buildings]))
        columns = (*_PLAIN, "point", "footprint")
        rows = (
            [*(getattr(one, name) for name in _PLAIN), point, footprint]
            for one, point, footprint in zip(buildings, points, _footprints(buildings), strict=True)
        )
        copy_rows(self._session, building, columns, rows)
        self._add_doors(buildings)
        held = ((one.code, f"[{edition},)", owner) for one, owner in zip(buildings, owners, strict=True))
        copy_rows(self._session, building_owner, ("building_code", "editions", "grid_code"), held)
        units = [(one.code, unit) for one in buildings for unit in one.units]
        rooms = ((code, unit.label, unit.storey, unit.use) for code, unit in units)
        copy_rows(self._session, building_unit, ("building_code", "label", "storey", "use"), rooms)
        apart = ((code, unit.label, f"[{edition},)", unit.owner) for code, unit in units if unit.owner is not None)
        copy_rows(self._session, building_unit_owner, ("building_code", "unit", "editions", "grid_code"), apart)
        names = ((name.scheme, name.alias, one.code) for one in buildings for name in one.aliases)
        copy_rows(self._session, building_alias, ("scheme", "alias", "building_code"), names)

    def _add_doors(self, buildings: Sequence[Building]) -> None:
        doors = [(one.code, door) for one in buildings for door in one.entrances]
        points = shape_texts(shapely.points([door.lon for _, door in doors], [door.lat for _, door in doors]))
        rows = ((code, door.label, point) for (code, door), point in zip(doors, points, strict=True))
        copy_rows(self._session, entrance, ("building_code", "label", "point"), rows)

    def dwellings_in(self, box: Bounds) -> list[Dwelling]:
        """Return where the buildings in a box stand and how many households they have."""
        query = select(
            func.ST_X(building.c.point).label("lon"), func.ST_Y(building.c.point).label("lat"), building.c.households
        ).where(building.c.point.intersects(func.ST_MakeEnvelope(*box, SRID)), building.c.retired_at.is_(None))
        return [Dwelling(**row) for row in self._session.execute(query).mappings()]

    def places_of(self, grid_code: str, edition: int) -> list[tuple[float, float]]:
        """Return where the buildings stand that a grid owns in an edition: longitude, latitude, in that order."""
        lon, lat = func.ST_X(building.c.point), func.ST_Y(building.c.point)
        query = select(lon, lat).join(building_owner, building_owner.c.building_code == building.c.code)
        query = query.where(building_owner.c.grid_code == grid_code, building_owner.c.editions.contains(edition))
        query = query.where(building.c.retired_at.is_(None))
        return [(row[0], row[1]) for row in self._session.execute(query.order_by(lon, lat))]

    def in_boxes(self, boxes: Sequence[Bounds]) -> list[OwnedPoint]:
        """Return the buildings in any of the boxes with their present owners, by code."""
        if not boxes:
            return []
        sides = dict(zip(("wests", "souths", "easts", "norths"), map(list, zip(*boxes, strict=True)), strict=True))
        return [OwnedPoint(**row) for row in self._session.execute(_OWNED_POINTS_IN_BOXES, sides).mappings()]

    def on_ground(self, grids: Collection[str], edition: int) -> list[OwnedPoint]:
        """Return the buildings that these grids own in an edition, or that lie in their boxes."""
        owned_now = building_owner.c.editions.contains(edition)
        in_a_box = select(grid.c.id).where(
            grid.c.code.in_(grids), grid.c.editions.contains(edition), grid.c.shape.intersects(building.c.point)
        )
        query = (
            select(
                building.c.code,
                func.ST_X(building.c.point).label("lon"),
                func.ST_Y(building.c.point).label("lat"),
                building_owner.c.grid_code.label("owner"),
            )
            .join(building_owner, building_owner.c.building_code == building.c.code)
            .where(
                owned_now,
                building.c.retired_at.is_(None),
                or_(building_owner.c.grid_code.in_(grids), in_a_box.exists()),
            )
        )
        return [OwnedPoint(**row) for row in self._session.execute(query).mappings()]

    def change_owners(self, owners: Mapping[str, str | None], edition: int) -> None:
        """Let buildings have other owners from an edition on; editions before keep theirs."""
        if not owners:
            return
        self.lock_writing()
        self._session.execute(
            update(building_owner)
            .where(building_owner.c.building_code.in_(owners), func.upper_inf(building_owner.c.editions))
            .values(editions=func.int4range(func.lower(building_owner.c.editions), edition))
        )
        self._session.execute(
            insert(building_owner),
            [
                {"building_code": code, "editions": Range(edition, None), "grid_code": owner}
                for code, owner in owners.items()
            ],
        )

    def lock_writing(self) -> None:
        """Wait until no other transaction writes buildings; the lock goes with this transaction.

        What is written moves the counts of cells and the version for the tiles.  Two transactions that lock these
        rows in turns would wait for each other; all wait for the version in any case.
        """
        self._session.execute(select(func.pg_advisory_xact_lock(WRITING_LOCK)))


def _footprints(buildings: Sequence[Building]) -> list[str | None]:
    """Return footprints as COPY writes them; None for a building without one."""
    texts = iter(multipolygon_texts([one.footprint for one in buildings if one.footprint is not None]))
    return [None if one.footprint is None else next(texts) for one in buildings]
