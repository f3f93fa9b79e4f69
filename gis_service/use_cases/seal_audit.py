"""Seal the record of acts: what was written stays as it was, or it shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.audit_chain import GENESIS, MOST_SEALED, Seal, make_seal

_log = structlog.get_logger(__name__)

FIRST = -(2**63)
"""Before every id, also one that somebody chose."""


def seal_audit(read_clock: Callable[[], datetime], open_work: Callable[[], UnitOfWork]) -> list[Seal]:
    """Seal all acts recorded so far and return the new seals; none when there is nothing new or another seals.

    The number and hash of each go to the log too, where nobody who alters the database can alter them.
    """
    with open_work() as work:
        settled = work.audit.settled_id()
    made: list[Seal] = []
    while (seal := _seal_next(settled, read_clock(), open_work())) is not None:
        _log.debug("sealed", number=seal.number, last_id=seal.last_id, hash=seal.hash.hex())
        made.append(seal)
    return made


def _seal_next(settled: int, now: datetime, work: UnitOfWork) -> Seal | None:
    with work:
        if not work.audit.begin_sealing():
            return None
        head = work.audit.head()
        rows = work.audit.rows_between(FIRST if head is None else head.last_id, settled, MOST_SEALED)
        if not rows:
            return None
        number, previous = (1, GENESIS) if head is None else (head.number + 1, head.hash)
        seal = make_seal(number, previous, rows, now)
        work.audit.add_seal(seal)
        work.commit()
    return seal
