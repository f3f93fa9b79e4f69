"""Read levels, editions and grids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.domain.grid import GridFilter, GridRecord
from gis_service.domain.level import Level
from gis_service.domain.lineage import Lineage
from gis_service.errors import InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases.refuse_no_edition import no_edition_in_force


def list_levels(work: UnitOfWork) -> list[Level]:
    """Return the levels of the tree, the root-most first."""
    with work:
        return work.levels.list_all()


def list_editions(work: UnitOfWork, *, after: int, limit: int) -> list[Edition]:
    """Return at most so many editions whose numbers follow ``after``, the oldest first."""
    with work:
        return work.editions.list_all(after=after, limit=limit)


def read_edition(number: int, work: UnitOfWork) -> Edition:
    """Return one edition.

    Raises:
        NotFoundError: there is none with this number.
    """
    with work:
        return _edition(number, work)


def find_grids(
    wanted: GridFilter, *, edition: int | None, at: datetime | None, work: UnitOfWork
) -> tuple[int, list[GridRecord]]:
    """Return the number of the edition asked for, and its grids that match.

    ``edition`` or ``at`` choose the edition; neither: the one in force now.

    Raises:
        RuleBrokenError: both ``edition`` and ``at``, or a level that does not exist.
        NotFoundError: no such edition, or none in force then.
    """
    with work:
        if wanted.level is not None:
            refuse_unknown_level(wanted.level, [level.code for level in work.levels.list_all()])
        number = choose_edition(edition, at, work)
        return number, work.grids.search(number, wanted)


def read_grid(code: str, *, edition: int | None, at: datetime | None, work: UnitOfWork) -> tuple[int, GridRecord]:
    """Return one grid of the edition asked for, and that edition's number.

    Raises:
        RuleBrokenError: both ``edition`` and ``at``.
        NotFoundError: no such edition, or no grid of this code in it.
    """
    with work:
        number = choose_edition(edition, at, work)
        record = work.grids.record(number, code)
    if record is None:
        raise NotFoundError(f"no grid has the code {code!r} in edition {number}")
    return number, record


def choose_edition(edition: int | None, at: datetime | None, work: UnitOfWork) -> int:
    """Return the number of the edition that a caller means, inside a transaction already begun."""
    if edition is not None and at is not None:
        sentence = "give either an edition or an instant, not both"
        raise RuleBrokenError(sentence, code="edition-and-at", faults=[InputFault("at", sentence)])
    if edition is not None:
        return _edition(edition, work, "edition").number
    instant = work.editions.now() if at is None else at
    found = work.editions.in_force_at(instant)
    if found is None:
        raise no_edition_in_force(work, at)
    return found.number


def refuse_unknown_level(asked: str, known: Sequence[str]) -> None:
    """Refuse the code of a level that does not exist.

    Raises:
        RuleBrokenError: code ``unknown-level``; names those that there are.
    """
    if asked not in known:
        sentence = f"no level is called {asked!r}; the levels are {', '.join(known)}"
        raise RuleBrokenError(sentence, code="unknown-level", faults=[InputFault("level", sentence)])


def _edition(number: int, work: UnitOfWork, pointer: str = "number") -> Edition:
    edition = work.editions.get(number) if number < 2**31 else None
    if edition is None:
        sentence = f"there is no edition {number}; see /v1/editions"
        raise NotFoundError(sentence, code="no-edition", faults=[InputFault(pointer, sentence)])
    return edition


def read_lineage(number: int, work: UnitOfWork) -> list[Lineage]:
    """Return whose ground went to whom when an edition was published; empty for the first.

    Raises:
        NotFoundError: there is no edition with this number.
    """
    with work:
        return work.lineage.of_edition(_edition(number, work).number)
