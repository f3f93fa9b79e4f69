"""List the open incidents whose ground an edition gave to another grid."""

from __future__ import annotations

from collections.abc import Sequence

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.hand_over import HandOver, WaitingHandOvers, WaitingIncident
from gis_service.errors import NotFoundError
from gis_service.use_cases.reown_buildings import changed_boxes


def list_hand_overs(number: int, principal: Principal, work: UnitOfWork) -> WaitingHandOvers:
    """Return the open incidents whose place an edition gave to another grid, and whose owner is not who has it now.

    The owner proposed is that of the edition in force, or of this one while it is still to come.  What was placed by
    hand alone waits when the edition retired its owner; proposed is the deepest grid of its chain that is left.  Only
    those in the caller's scope are told, by the chain that an incident was stamped with; the oldest first.

    Raises:
        NotFoundError: there is no such edition.
    """
    with work:
        return find_hand_overs(number, principal, work, hold=False)


def find_hand_overs(number: int, principal: Principal, work: UnitOfWork, *, hold: bool) -> WaitingHandOvers:
    """Return the same inside a transaction already begun; held, no incident of it changes until it ends.

    Raises:
        NotFoundError: there is no such edition.
    """
    if work.editions.get(number) is None:
        raise NotFoundError(f"there is no edition {number}; see /v1/editions", code="no-edition")
    in_force = work.editions.in_force_at(work.editions.now())
    ground = number if in_force is None else max(number, in_force.number)
    if number == 1:
        return WaitingHandOvers(number, ground, ())
    before = {grid.code: grid for grid in work.grids.only_in(number - 1, number)}
    after = {grid.code: grid for grid in work.grids.only_in(number, number - 1)}
    ids = work.hand_overs.to_look_at(list(changed_boxes(before, after, ())), principal.scope)
    waiting = work.hand_overs.read(ids, hold=hold)
    placed = [one for one in waiting if one.place is not None]
    given, taken, now = (_owners(edition, placed, work) for edition in (number - 1, number, ground))
    proposed = {
        one.id: owner for one, giver, taker, owner in zip(placed, given, taken, now, strict=True) if giver != taker
    }
    by_hand = [one for one in waiting if one.place is None and one.owner in before.keys() - after.keys()]
    left = work.grids.row_ids(ground, {code for one in by_hand for code in one.chain}).keys()
    proposed |= {one.id: next((code for code in reversed(one.chain) if code in left), None) for one in by_hand}
    hand_overs = (HandOver(one, proposed[one.id]) for one in waiting if one.id in proposed)
    return WaitingHandOvers(number, ground, tuple(one for one in hand_overs if one.proposed != one.incident.owner))


def _owners(edition: int, placed: Sequence[WaitingIncident], work: UnitOfWork) -> list[str | None]:
    points = [one.place for one in placed if one.place is not None]
    return work.owners.of_points(edition, [one.lon for one in points], [one.lat for one in points])
