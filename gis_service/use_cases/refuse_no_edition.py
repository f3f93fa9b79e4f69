"""Say why no edition answers, and what to ask instead."""

from __future__ import annotations

from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import InputFault, NotFoundError


def no_edition_in_force(
    work: UnitOfWork, at: datetime | None, known_at: datetime | None = None, *, pointer: str = "at"
) -> NotFoundError:
    """Return the refusal of an instant at which no edition was in force, inside a transaction already begun.

    Args:
        work: where the editions are.
        at: the instant asked for, None for now.
        known_at: as one would have answered then, None for as one does now.
        pointer: where in the input ``at`` stands.

    Returns:
        Code ``no-edition``, with a fault for each instant that is too early; without any where the input is right
        and nothing has been published, or nothing that is in force yet.
    """
    first = work.editions.first()
    if first is None:
        sentence = "no edition has been published yet: publish a first plan, or run 'gis-service demo'"
        return NotFoundError(sentence, code="no-edition")
    begins, published = first.effective_from.isoformat(), first.published_at.isoformat()
    faults = []
    if known_at is not None and known_at < first.published_at:
        faults.append(InputFault("known_at", f"must be {published} or later, when the first edition was published"))
    if at is not None and at < first.effective_from:
        faults.append(InputFault(pointer, f"must be {begins} or later, when the first edition came into force"))
    if not faults:
        return NotFoundError(f"no edition is in force yet; the first will be from {begins} on", code="no-edition")
    known = "" if known_at is None else f", as known at {known_at.isoformat()}"
    asked = "now" if at is None else f"at {at.isoformat()}"
    told = " and ".join(f"{fault.pointer.removeprefix('/')} {fault.detail}" for fault in faults)
    return NotFoundError(f"no edition was in force {asked}{known}; {told}", code="no-edition", faults=faults)
