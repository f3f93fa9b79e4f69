"""Find stocks: those that there are, and the nearest that are enough."""

from __future__ import annotations

import math
from dataclasses import replace

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.nearest_stock import NearestStock, StockNearby, StockQuestion, take_in_turn
from gis_service.domain.resource import Resource, ResourceFilter
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.name_owners import name_owners
from gis_service.use_cases.read_ground import choose_edition
from gis_service.use_cases.refuse_unknown_word import refuse_unknown_grid, refuse_unknown_kind

FIRST_LOOK = 16
"""Places that are looked at first when no single one has enough; four times as many at each further look."""


def find_resources(
    wanted: ResourceFilter, principal: Principal, work: UnitOfWork
) -> tuple[int, list[Resource], dict[str, str | None]]:
    """Return the edition in force, the resources that match and that the caller may see, and their owners in it.

    Raises:
        NotFoundError: no edition is in force; or it has no such grid, ``unknown-grid``.
        RuleBrokenError: code ``unknown-kind``.
    """
    with work:
        edition = choose_edition(None, None, work)
        refuse_unknown_kind(wanted.kind, [kind.code for kind in work.resources.kinds()])
        refuse_unknown_grid(wanted.grid, edition, work)
        found = work.resources.search(wanted, principal, edition)
        return edition, found, name_owners(found, edition, work)


def find_nearest_stock(
    question: StockQuestion, principal: Principal, work: UnitOfWork, *, limit: int
) -> NearestStock:
    """Return the nearest places that have enough of a kind, or the nearest that have it together.

    Stock past its last day is not counted, nor what the caller may not see.

    Raises:
        NotFoundError: no edition is in force.
        RuleBrokenError: code ``unknown-kind``; ``several-units`` when the kind is counted in more than one and none
            is named, ``unknown-unit`` when it is not counted in the one named.
    """
    with work:
        edition = choose_edition(None, None, work)
        refuse_unknown_kind(question.kind, [kind.code for kind in work.resources.kinds()])
        asked = _with_unit(question, work.resources.units(question.kind, principal, edition))
        single = work.resources.nearest(asked, principal, edition, least=asked.quantity, count=limit)
        nearby: list[StockNearby] = []
        if not single:
            nearby = _look_around(asked, principal, edition, work)
        together = take_in_turn(nearby, asked.quantity)
        shown = [*single, *(one.stock for one in together)]
        owners = name_owners([one.resource for one in shown], edition, work)
    available = None if shown else math.fsum(one.resource.quantity for one in nearby)
    return NearestStock(edition, asked.unit, single, together, available, owners)


def _look_around(question: StockQuestion, principal: Principal, edition: int, work: UnitOfWork) -> list[StockNearby]:
    """Return the nearest stocks, as many as have enough together, or all."""
    count = FIRST_LOOK
    while True:
        found = work.resources.nearest(question, principal, edition, least=0.0, count=count)
        if len(found) < count or take_in_turn(found, question.quantity):
            return found
        count *= 4


def _with_unit(question: StockQuestion, units: list[str]) -> StockQuestion:
    """Return a question that names the unit: boxes and bottles cannot be added up."""
    if question.unit is not None and units and question.unit not in units:
        sentence = f"{question.kind} is counted in {', '.join(units)}"
        raise RuleBrokenError(sentence, code="unknown-unit", faults=[InputFault("unit", sentence)])
    if question.unit is None and len(units) > 1:
        sentence = f"{question.kind} is counted in {', '.join(units)}; say in which"
        raise RuleBrokenError(sentence, code="several-units", faults=[InputFault("unit", sentence)])
    return question if question.unit or not units else replace(question, unit=units[0])
