"""Refuse to narrow to what there is not: the answer would be as empty as if there were nothing."""

from __future__ import annotations

from collections.abc import Iterable

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import InputFault, NotFoundError, RuleBrokenError


def refuse_unknown_kind(given: str | None, known: Iterable[str]) -> None:
    """Refuse a kind of resource or device that there is not; None is none.

    Raises:
        RuleBrokenError: code ``unknown-kind``; names those that there are.
    """
    kinds = list(known)
    if given is not None and given not in kinds:
        sentence = f"is no kind; the kinds are {', '.join(kinds) or 'none yet'}"
        raise RuleBrokenError(
            f"kind {given!r} {sentence}", code="unknown-kind", faults=[InputFault("kind", sentence)]
        )


def refuse_unknown_grid(given: str | None, edition: int, work: UnitOfWork) -> None:
    """Refuse a grid that an edition has not, inside a transaction already begun; None is none.

    Raises:
        NotFoundError: code ``unknown-grid``.
    """
    if given is not None and not work.grids.parents_of(edition, [given]):
        sentence = f"no grid has the code {given!r} in edition {edition}"
        raise NotFoundError(sentence, code="unknown-grid", faults=[InputFault("grid", sentence)])


def refuse_unused_grid(given: str | None, work: UnitOfWork, *, pointer: str = "grid") -> None:
    """Refuse a code that no grid has ever had, inside a transaction already begun; None is none.

    Raises:
        RuleBrokenError: code ``unknown-grid``.
    """
    if given is not None and not work.grids.used_codes([given]):
        sentence = f"no grid has ever had the code {given}"
        raise RuleBrokenError(f"{pointer}: {sentence}", code="unknown-grid", faults=[InputFault(pointer, sentence)])


def refuse_unknown_department(given: str | None, work: UnitOfWork) -> None:
    """Refuse a department that there is not, inside a transaction already begun; None is none.

    Raises:
        RuleBrokenError: code ``unknown-department``.
    """
    if given is not None and given not in (known := sorted(one.code for one in work.rules.departments())):
        sentence = f"is no department; the departments are {', '.join(known) or 'none yet'}"
        fault = InputFault("department", sentence)
        raise RuleBrokenError(f"department {given!r} {sentence}", code="unknown-department", faults=[fault])
