"""Hand over the incidents that a redraw left with their old owners: some or all, in one act."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.hand_over import BulkHandOver, HandedOver
from gis_service.domain.incident import NewEvent
from gis_service.errors import ClashError
from gis_service.use_cases.list_hand_overs import find_hand_overs

HANDED_OVER = "handed_over"


def hand_over_incidents(
    number: int, wanted: Collection[UUID] | None, reason: str, principal: Principal, work: UnitOfWork
) -> BulkHandOver:
    """Give incidents that wait because of an edition to the owners proposed for them, all of it or nothing.

    Each gets the owner and the chain of the edition in force, a version more and an event ``handed_over``; state,
    department and deadlines stay.  Those that are moved one by one meanwhile are looked at again as they are then.
    What is handed over no longer waits, so the same act once more changes nothing.

    Args:
        number: the edition because of which they wait; it must be in force or have been.
        wanted: which of them; None takes all.
        reason: told with each event.
        principal: who acts, on incidents in their scope.
        work: a transaction not yet begun.

    Raises:
        NotFoundError: there is no such edition.
        ClashError: it is not in force yet, code ``edition-to-come``.
    """
    with work:
        # What is listed is what is done: nobody publishes in between.
        work.editions.hold_latest()
        now = work.editions.now()
        found = find_hand_overs(number, principal, work, hold=True)
        edition = work.editions.get(found.proposed_in)
        if edition is not None and edition.effective_from > now:
            raise ClashError(
                f"edition {number} takes effect at {edition.effective_from.isoformat()}; hand over from then on",
                code="edition-to-come",
                members={"effective_from": edition.effective_from.isoformat()},
            )
        asked = [one for one in found.hand_overs if wanted is None or one.incident.id in wanted]
        owners = {one.incident.id: one.proposed for one in asked if one.proposed is not None}
        chains = {
            code: [grid.code for grid in work.owners.chain(found.proposed_in, code)] for code in set(owners.values())
        }
        versions = work.hand_overs.hand_over({key: chains[code] for key, code in owners.items()}, found.proposed_in)
        handed = [one.incident for one in asked if one.incident.id in owners]
        work.incidents.add(
            [],
            [
                NewEvent(
                    one.id,
                    now,
                    HANDED_OVER,
                    principal.name,
                    one.state,
                    one.state,
                    from_grid=one.owner,
                    to_grid=owners[one.id],
                    reason=reason,
                    facts={"edition": found.proposed_in, "redraw": number},
                )
                for one in handed
            ],
        )
        work.commit()
    listed = {one.incident.id for one in asked}
    return BulkHandOver(
        edition=number,
        proposed_in=found.proposed_in,
        done=tuple(HandedOver(one.id, versions[one.id], one.owner, owners[one.id]) for one in handed),
        nobodys=tuple(one.incident.id for one in asked if one.proposed is None),
        not_waiting=tuple(sorted(set(wanted or ()) - listed)),
    )
