"""Retire buildings: demolished, merged into another, or split; their codes are found for ever."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.building import Building
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.open_building import open_building
from gis_service.use_cases.register_buildings import Registered, register_within

FEWEST_PARTS = 2


def retire_building(
    typed: str, principal: Principal, work: UnitOfWork, *, expected: Collection[int] | None = None
) -> str:
    """Take a building that is no more out of lists, tiles and counts; return its code, which still finds it.

    Raises:
        ServiceError: as ``open_building``.
    """
    with work:
        building, edition = open_building(typed, principal, work, expected=expected)
        work.building_register.retire([building.code], work.editions.now(), [], edition)
        work.commit()
    return building.code


def merge_buildings(
    into: str,
    merged: Sequence[str],
    principal: Principal,
    work: UnitOfWork,
    *,
    expected: Collection[int] | None = None,
) -> str:
    """Retire buildings that became part of another, which gets their households; return its code.

    Their codes, doors and aliases find them still, and a lookup of whose they are answers for the other.

    Args:
        into: the building that they became part of.
        merged: the others.
        principal: who merges; each must be on their ground.
        work: a transaction not yet begun.
        expected: versions of the first that the caller means; None means whatever there is.

    Raises:
        ServiceError: as ``open_building``, for each.
        RuleBrokenError: one of the others is the first, or is named twice, ``same-building``.
    """
    with work:
        kept, edition = open_building(into, principal, work, expected=expected)
        others = [open_building(one, principal, work)[0] for one in merged]
        codes = [one.code for one in others]
        for number, code in enumerate(codes):
            if code in (kept.code, *codes[:number]):
                sentence = f"is building {code}, which is named already; name each building once"
                fault = InputFault(f"/codes/{number}", sentence)
                raise RuleBrokenError(f"/codes/{number} {sentence}", code="same-building", faults=[fault])
        households = kept.households + sum(one.households for one in others)
        work.building_register.change(kept.code, {"households": households})
        work.building_register.retire(codes, work.editions.now(), [kept.code], edition)
        work.commit()
    return kept.code


def split_building(
    typed: str,
    parts: Sequence[Building],
    principal: Principal,
    work: UnitOfWork,
    *,
    expected: Collection[int] | None = None,
) -> tuple[str, list[Registered]]:
    """Retire a building that became several, which are registered; return its code and them.

    Args:
        typed: the building.
        parts: at least two, with empty codes.
        principal: who splits; the building and all parts must be on their ground.
        work: a transaction not yet begun.
        expected: versions of the building that the caller means; None means whatever there is.

    Raises:
        ServiceError: as ``open_building`` and ``register_within``.
        RuleBrokenError: fewer than two parts.
    """
    if len(parts) < FEWEST_PARTS:
        sentence = "must hold two buildings or more; one that replaces another is PATCHed"
        raise RuleBrokenError(f"/into {sentence}", faults=[InputFault("/into", sentence)])
    with work:
        building, edition = open_building(typed, principal, work, expected=expected)
        pointers = [f"/into/{number}" for number in range(len(parts))]
        registered = register_within(parts, work, principal=principal, pointers=pointers)
        successors = [one.building.code for one in registered]
        work.building_register.retire([building.code], work.editions.now(), successors, edition)
        work.commit()
    return building.code, registered
