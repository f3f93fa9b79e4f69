"""The register of buildings: read whole, searched, and changed piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from gis_service.database.geometry import from_column, point_column, to_multipolygon
from gis_service.database.tables import (
    SRID,
    building,
    building_alias,
    building_owner,
    building_registration,
    building_successor,
    building_unit,
    building_unit_owner,
    entrance,
    grid,
)
from gis_service.domain.building import Building, Entrance, OtherName, Unit
from gis_service.domain.building_register import BuildingFilter, BuildingRecord, ListedBuilding, OwnedFrom

_PLAIN = (
    "code",
    "name",
    "address",
    "use",
    "storeys",
    "households",
    "verified_on",
    "built_on",
    "version",
    "retired_at",
)
_COLUMNS = (
    *(building.c[name] for name in _PLAIN),
    func.ST_X(building.c.point).label("lon"),
    func.ST_Y(building.c.point).label("lat"),
)


class BuildingRegisterRepository:
    """Rows of ``building`` and of all that belongs to one; who changes them holds the lock of ``buildings``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, code: str) -> BuildingRecord | None:
        """Return all that is known of a building but its units, or None."""
        query = select(*_COLUMNS, building.c.footprint, building.c.registered_at).where(building.c.code == code)
        row = self._session.execute(query).mappings().one_or_none()
        if row is None:
            return None
        values = dict(row)
        registered_at, footprint = values.pop("registered_at"), values.pop("footprint")
        names = select(building_alias.c.scheme, building_alias.c.alias).where(building_alias.c.building_code == code)
        names = names.order_by(building_alias.c.scheme, building_alias.c.alias)
        return BuildingRecord(
            building=Building(
                **values,
                footprint=None if footprint is None else from_column(footprint),
                entrances=tuple(self.entrances(code)),
                aliases=tuple(OtherName(*name) for name in self._session.execute(names)),
            ),
            registered_at=registered_at,
            owners=tuple(self._owners(code)),
            successors=tuple(self.successors(code)),
            predecessors=tuple(
                self._session.scalars(
                    select(building_successor.c.building_code)
                    .where(building_successor.c.successor == code)
                    .order_by(building_successor.c.building_code)
                )
            ),
        )

    def page(self, wanted: BuildingFilter, edition: int) -> list[ListedBuilding]:
        """Return up to ``wanted.limit`` buildings that are not retired, by code, with their owners in an edition."""
        owned = and_(building_owner.c.building_code == building.c.code, building_owner.c.editions.contains(edition))
        query = select(*_COLUMNS, building_owner.c.grid_code.label("owner"))
        query = query.select_from(building.outerjoin(building_owner, owned)).where(building.c.retired_at.is_(None))
        for code in wanted.within:
            query = query.where(building_owner.c.grid_code.in_(_subtree(code, edition)))
        if wanted.bbox is not None:
            query = query.where(building.c.point.intersects(func.ST_MakeEnvelope(*wanted.bbox, SRID)))
        if wanted.unverified_since is not None:
            query = query.where((building.c.verified_on < wanted.unverified_since) | building.c.verified_on.is_(None))
        if wanted.after is not None:
            query = query.where(building.c.code > wanted.after)
        rows = self._session.execute(query.order_by(building.c.code).limit(wanted.limit)).mappings()
        return [
            ListedBuilding(Building(**{name: row[name] for name in row if name != "owner"}), row["owner"])
            for row in rows
        ]

    def change(self, code: str, values: Mapping[str, Any]) -> None:
        """Change members of a building, none of them its own, and count its version on.

        Of a building that moves, the owner is for the caller to change.
        """
        columns = {name: value for name, value in values.items() if name not in {"lon", "lat", "footprint"}}
        if "lon" in values:
            columns["point"] = point_column(values["lon"], values["lat"])
        if "footprint" in values:
            footprint = values["footprint"]
            columns["footprint"] = None if footprint is None else to_multipolygon(footprint)
        counted = update(building).where(building.c.code == code)
        self._session.execute(counted.values(**columns, version=building.c.version + 1))

    def own_from(self, code: str, owner: str | None, edition: int) -> None:
        """Let a building have an owner from an edition on; editions before keep theirs."""
        held = building_owner.c.building_code == code
        self._cut(building_owner.c.editions, held, edition)
        self._session.execute(
            insert(building_owner).values(building_code=code, editions=Range(edition, None), grid_code=owner)
        )

    def entrances(self, code: str) -> list[Entrance]:
        """Return the doors of a building, by label."""
        lon, lat = func.ST_X(entrance.c.point).label("lon"), func.ST_Y(entrance.c.point).label("lat")
        query = select(entrance.c.label, lon, lat).where(entrance.c.building_code == code).order_by(entrance.c.label)
        return [Entrance(**row) for row in self._session.execute(query).mappings()]

    def put_entrance(self, code: str, door: Entrance) -> None:
        """Store a door, or another place for the one of this label."""
        adding = insert(entrance).values(building_code=code, label=door.label, point=point_column(door.lon, door.lat))
        self._session.execute(
            adding.on_conflict_do_update(
                index_elements=["building_code", "label"], set_={"point": adding.excluded.point}
            )
        )

    def remove_entrance(self, code: str, label: str) -> None:
        """Take a door away."""
        self._session.execute(delete(entrance).where(entrance.c.building_code == code, entrance.c.label == label))

    def units(self, code: str, edition: int) -> list[Unit]:
        """Return the flats and shops of a building by label, with owners of their own in an edition."""
        held = and_(
            building_unit_owner.c.building_code == building_unit.c.building_code,
            building_unit_owner.c.unit == building_unit.c.label,
            building_unit_owner.c.editions.contains(edition),
        )
        query = select(
            building_unit.c.label,
            building_unit.c.storey,
            building_unit.c.use,
            building_unit_owner.c.grid_code.label("owner"),
        ).select_from(building_unit.outerjoin(building_unit_owner, held))
        query = query.where(building_unit.c.building_code == code).order_by(building_unit.c.label)
        return [Unit(**row) for row in self._session.execute(query).mappings()]

    def put_unit(self, code: str, unit: Unit, edition: int) -> None:
        """Store a unit by its folded label, or what else is known of it; its owner holds from an edition on.

        Without an owner of its own it has its building's from that edition on; editions before keep theirs.
        """
        adding = insert(building_unit).values(building_code=code, label=unit.label, storey=unit.storey, use=unit.use)
        self._session.execute(
            adding.on_conflict_do_update(
                index_elements=["building_code", "label"],
                set_={"storey": adding.excluded.storey, "use": adding.excluded.use},
            )
        )
        held = and_(building_unit_owner.c.building_code == code, building_unit_owner.c.unit == unit.label)
        self._cut(building_unit_owner.c.editions, held, edition)
        if unit.owner is not None:
            self._session.execute(
                insert(building_unit_owner).values(
                    building_code=code, unit=unit.label, editions=Range(edition, None), grid_code=unit.owner
                )
            )

    def remove_unit(self, code: str, label: str) -> bool:
        """Take a unit away with the owners that it had; False when there is none of this folded label."""
        going = delete(building_unit).where(building_unit.c.building_code == code, building_unit.c.label == label)
        return self._session.scalar(going.returning(building_unit.c.label)) is not None

    def add_alias(self, code: str, name: OtherName) -> None:
        """Store a folded name that no building has."""
        self._session.execute(insert(building_alias).values(building_code=code, scheme=name.scheme, alias=name.alias))

    def remove_alias(self, code: str, name: OtherName) -> bool:
        """Take a folded name away; False when the building has none such."""
        going = delete(building_alias).where(
            building_alias.c.building_code == code,
            building_alias.c.scheme == name.scheme,
            building_alias.c.alias == name.alias,
        )
        return self._session.scalar(going.returning(building_alias.c.alias)) is not None

    def retire(self, codes: Collection[str], at: datetime, successors: Sequence[str], edition: int) -> None:
        """Retire buildings, which become others or none; their owner in an edition is their last one."""
        self._session.execute(
            update(building).where(building.c.code.in_(codes)).values(retired_at=at, version=building.c.version + 1)
        )
        self._session.execute(
            update(building_owner)
            .where(building_owner.c.building_code.in_(codes), func.upper_inf(building_owner.c.editions))
            .values(editions=func.int4range(func.lower(building_owner.c.editions), edition + 1))
        )
        pairs = [
            {"building_code": code, "successor": successor} for code in sorted(codes) for successor in successors
        ]
        if pairs:
            self._session.execute(insert(building_successor), pairs)

    def successors(self, code: str) -> list[str]:
        """Return what a building was merged into or split into, by code; they may be retired too."""
        query = select(building_successor.c.successor).where(building_successor.c.building_code == code)
        return list(self._session.scalars(query.order_by(building_successor.c.successor)))

    def heirs(self, code: str) -> list[str]:
        """Return what became of a building in the end, by code: its last successors, retired or not."""
        lineage = select(building_successor.c.successor.label("code")).where(
            building_successor.c.building_code == code
        )
        followed = lineage.cte("lineage", recursive=True)
        followed = followed.union(
            select(building_successor.c.successor).where(building_successor.c.building_code == followed.c.code)
        )
        goes_on = select(building_successor.c.building_code).where(
            building_successor.c.building_code == followed.c.code
        )
        return list(self._session.scalars(select(followed.c.code).where(~goes_on.exists()).order_by(followed.c.code)))

    def last_owner(self, code: str) -> str | None:
        """Return the grid that owned a building in the latest edition for which an owner is kept."""
        query = select(building_owner.c.grid_code).where(building_owner.c.building_code == code)
        return self._session.scalar(query.order_by(func.lower(building_owner.c.editions).desc()).limit(1))

    def find_request(self, principal: str, key: str) -> tuple[bytes, list[str]] | None:
        """Return the hash of the request that a key was used for, and the codes that it registered."""
        query = select(building_registration.c.request_hash, building_registration.c.codes)
        query = query.where(building_registration.c.principal == principal, building_registration.c.key == key)
        row = self._session.execute(query).one_or_none()
        return None if row is None else (bytes(row.request_hash), list(row.codes))

    def add_request(self, principal: str, key: str, request_hash: bytes, codes: Sequence[str]) -> bool:
        """Store what a key is used for; False when the same caller has used it before, even a moment ago."""
        adding = insert(building_registration).values(
            principal=principal, key=key, request_hash=request_hash, codes=list(codes)
        )
        adding = adding.on_conflict_do_nothing(index_elements=["principal", "key"])
        return self._session.scalar(adding.returning(building_registration.c.key)) is not None

    def _owners(self, code: str) -> list[OwnedFrom]:
        first, end = func.lower(building_owner.c.editions), func.upper(building_owner.c.editions)
        query = select(first, end - 1, building_owner.c.grid_code).where(building_owner.c.building_code == code)
        return [OwnedFrom(*row) for row in self._session.execute(query.order_by(first))]

    def _cut(self, editions: ColumnElement[Any], held: ColumnElement[bool], edition: int) -> None:
        """End ranges before an edition; those that begin with it or later go."""
        table = editions.table
        self._session.execute(delete(table).where(held, func.lower(editions) >= edition))
        self._session.execute(
            update(table)
            .where(held, editions.contains(edition))
            .values(editions=func.int4range(func.lower(editions), edition))
        )


def _subtree(code: str, edition: int) -> Select[tuple[str]]:
    """Return the codes of a grid and of all below it in an edition."""
    below = select(grid.c.code).where(grid.c.code == code, grid.c.editions.contains(edition)).cte(recursive=True)
    below = below.union_all(
        select(grid.c.code).where(grid.c.parent == below.c.code, grid.c.editions.contains(edition))
    )
    return select(below.c.code)
