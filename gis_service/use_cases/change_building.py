"""Change a building, its doors, its flats and shops, or its names in other registers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building import Entrance, OtherName, Unit
from gis_service.domain.building_code import fold_code, fold_label
from gis_service.errors import NotFoundError
from gis_service.use_cases.open_building import open_building
from gis_service.use_cases.register_buildings import refuse_outside_scope, refuse_unknown_owners, refuse_used_aliases


def change_building(
    typed: str,
    values: Mapping[str, Any],
    principal: Principal,
    work: UnitOfWork,
    *,
    expected: Collection[int] | None = None,
) -> str:
    """Change members of a building, by the names that they have in ``Building``, and return its code.

    One that moves (``lon`` and ``lat`` together) is from the newest edition on owned by the grid that holds its new
    place.

    Raises:
        ServiceError: as ``open_building``.
        ForbiddenError: the new place is outside the scope.
    """
    with work:
        building, edition = open_building(typed, principal, work, expected=expected)
        if "lon" in values:
            (owner,) = work.owners.of_points(edition, [values["lon"]], [values["lat"]])
            refuse_outside_scope([(owner, "/point")], edition, principal, work)
            if owner != work.building_places.owner_of(building.code, edition):
                work.building_register.own_from(building.code, owner, edition)
        work.building_register.change(building.code, values)
        work.commit()
    return building.code


def put_entrance(
    typed: str, door: Entrance, principal: Principal, work: UnitOfWork, *, expected: Collection[int] | None = None
) -> str:
    """Store a door, or another place for the one that has its label when folded; return the building's code.

    Raises:
        ServiceError: as ``open_building``.
    """
    with work:
        building, _ = open_building(typed, principal, work, expected=expected)
        label = _label_of(building.entrances, door.label)
        work.building_register.put_entrance(building.code, door if label is None else replace(door, label=label))
        work.building_register.change(building.code, {})
        work.commit()
    return building.code


def remove_entrance(
    typed: str, label: str, principal: Principal, work: UnitOfWork, *, expected: Collection[int] | None = None
) -> str:
    """Take a door away; return the building's code.

    Raises:
        ServiceError: as ``open_building``.
        NotFoundError: there is no such door, ``unknown-entrance``.
    """
    with work:
        building, _ = open_building(typed, principal, work, expected=expected)
        stored = _label_of(building.entrances, label)
        if stored is None:
            raise NotFoundError(f"building {building.code} has no entrance {label!r}", code="unknown-entrance")
        work.building_register.remove_entrance(building.code, stored)
        work.building_register.change(building.code, {})
        work.commit()
    return building.code


def put_unit(
    typed: str, unit: Unit, principal: Principal, work: UnitOfWork, *, expected: Collection[int] | None = None
) -> str:
    """Store a flat or shop, or what else is known of it; return the building's code.

    An owner of its own holds from the edition in force on, and so does that it has none.

    Raises:
        ServiceError: as ``open_building``.
        RuleBrokenError: the edition has no grid that is named as its owner, ``unknown-grid``.
        ForbiddenError: that grid is outside the scope.
    """
    with work:
        building, edition = open_building(typed, principal, work, expected=expected)
        in_force = work.editions.in_force_at(work.editions.now())
        begin = edition if in_force is None else in_force.number
        if unit.owner is not None:
            refuse_unknown_owners([(unit.owner, "/owner")], begin, work)
            refuse_outside_scope([(unit.owner, "/owner")], begin, principal, work)
        work.building_register.put_unit(building.code, replace(unit, label=fold_label(unit.label)), begin)
        work.building_register.change(building.code, {})
        work.commit()
    return building.code


def remove_unit(
    typed: str, label: str, principal: Principal, work: UnitOfWork, *, expected: Collection[int] | None = None
) -> str:
    """Take a flat or shop away, with the owners that it had; return the building's code.

    Raises:
        ServiceError: as ``open_building``.
        NotFoundError: there is no such unit, ``unknown-unit``.
    """
    with work:
        building, _ = open_building(typed, principal, work, expected=expected)
        if not work.building_register.remove_unit(building.code, fold_label(label)):
            raise NotFoundError(f"building {building.code} has no unit {label!r}", code="unknown-unit")
        work.building_register.change(building.code, {})
        work.commit()
    return building.code


def put_alias(
    typed: str, name: OtherName, principal: Principal, work: UnitOfWork, *, expected: Collection[int] | None = None
) -> str:
    """Let a building be known by a name of another register, which is folded here; return the building's code.

    Raises:
        ServiceError: as ``open_building``.
        ClashError: another building has the name, ``alias-in-use``.
    """
    folded = replace(name, alias=fold_code(name.alias))
    with work:
        building, _ = open_building(typed, principal, work, expected=expected)
        if work.building_places.holders_of([folded]).get(folded) != building.code:
            refuse_used_aliases([(folded, "alias")], work)
            work.building_register.add_alias(building.code, folded)
            work.building_register.change(building.code, {})
            work.commit()
    return building.code


def remove_alias(
    typed: str, name: OtherName, principal: Principal, work: UnitOfWork, *, expected: Collection[int] | None = None
) -> str:
    """Take a name of another register away; return the building's code.

    Raises:
        ServiceError: as ``open_building``.
        NotFoundError: the building has no such name, ``unknown-alias``.
    """
    folded = replace(name, alias=fold_code(name.alias))
    with work:
        building, _ = open_building(typed, principal, work, expected=expected)
        if not work.building_register.remove_alias(building.code, folded):
            raise NotFoundError(
                f"building {building.code} is not known as {name.scheme}:{name.alias}", code="unknown-alias"
            )
        work.building_register.change(building.code, {})
        work.commit()
    return building.code


def _label_of(doors: Collection[Entrance], label: str) -> str | None:
    """Return the label of a door as it is stored; None where there is none that is equal when folded."""
    return next((door.label for door in doors if fold_label(door.label) == fold_label(label)), None)
