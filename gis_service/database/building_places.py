"""By which names a building is known, and which grid owns it or a unit of it in an edition; read only."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import literal, select, tuple_
from sqlalchemy.orm import Session

from gis_service.database.tables import building_alias, building_owner, building_unit, building_unit_owner
from gis_service.domain.building import Alias, OtherName, UnitOwner

_ALIAS = (building_alias.c.scheme, building_alias.c.alias, building_alias.c.building_code)


class BuildingPlaceRepository:
    """Rows of ``building_alias``, ``building_unit``, ``building_unit_owner``, ``building_owner``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def aliases_like(self, alias: str, scheme: str | None = None) -> list[Alias]:
        """Return the aliases of this folded form, of one scheme or of all; by scheme."""
        query = select(*_ALIAS).where(building_alias.c.alias == alias)
        if scheme is not None:
            query = query.where(building_alias.c.scheme == scheme)
        return [Alias(**row) for row in self._session.execute(query.order_by(building_alias.c.scheme)).mappings()]

    def aliases_of(self, building_code: str) -> list[Alias]:
        """Return every alias of a building; by scheme and alias."""
        query = select(*_ALIAS).where(building_alias.c.building_code == building_code)
        query = query.order_by(building_alias.c.scheme, building_alias.c.alias)
        return [Alias(**row) for row in self._session.execute(query).mappings()]

    def holders_of(self, names: Collection[OtherName]) -> dict[OtherName, str]:
        """Return the codes of the buildings that have names in other registers; without the names that none has."""
        if not names:
            return {}
        pairs = [(name.scheme, name.alias) for name in names]
        query = select(*_ALIAS).where(tuple_(building_alias.c.scheme, building_alias.c.alias).in_(pairs))
        return {OtherName(row.scheme, row.alias): row.building_code for row in self._session.execute(query)}

    def owner_of(self, building_code: str, edition: int) -> str | None:
        """Return the grid kept as a building's owner in an edition; None where none is, or no owner was kept then."""
        query = select(building_owner.c.grid_code).where(
            building_owner.c.building_code == building_code, building_owner.c.editions.contains(literal(edition))
        )
        return self._session.scalar(query)

    def owners_of(self, building_codes: Collection[str], edition: int) -> dict[str, str | None]:
        """Return the grids kept as owners of buildings in an edition; without those for which none was kept then."""
        query = select(building_owner.c.building_code, building_owner.c.grid_code).where(
            building_owner.c.building_code.in_(building_codes), building_owner.c.editions.contains(literal(edition))
        )
        return {row.building_code: row.grid_code for row in self._session.execute(query)}

    def owners_of_units(self, units: Collection[tuple[str, str]], edition: int) -> dict[tuple[str, str], str]:
        """Return the grids kept as owners of units in an edition, by building code and folded label."""
        query = select(building_unit_owner).where(
            tuple_(building_unit_owner.c.building_code, building_unit_owner.c.unit).in_(units),
            building_unit_owner.c.editions.contains(literal(edition)),
        )
        return {(row.building_code, row.unit): row.grid_code for row in self._session.execute(query)}

    def owner_of_unit(self, building_code: str, label: str, edition: int) -> UnitOwner:
        """Return what is kept of a unit, by its folded label."""
        is_owned_then = (
            (building_unit_owner.c.building_code == building_unit.c.building_code)
            & (building_unit_owner.c.unit == building_unit.c.label)
            & building_unit_owner.c.editions.contains(literal(edition))
        )
        query = (
            select(building_unit_owner.c.grid_code)
            .select_from(building_unit.outerjoin(building_unit_owner, is_owned_then))
            .where(building_unit.c.building_code == building_code, building_unit.c.label == label)
        )
        row = self._session.execute(query).one_or_none()
        return UnitOwner(label, is_registered=row is not None, grid_code=None if row is None else row.grid_code)
