"""Verify that nobody has altered the record of acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.audit_chain import Fault, Seal, check_seal
from gis_service.use_cases.seal_audit import FIRST


@dataclass(frozen=True, slots=True)
class Anchor:
    """A seal's number and hash that were kept outside the database."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: nothing is wrong when there are no faults.

    ``unsealed`` rows stand behind the last seal: nothing shows yet whether they were altered.  ``head`` is the last
    seal of all; None when there is none.
    """

    seals: int
    rows: int
    unsealed: int
    unsealed_since: datetime | None
    head: Seal | None
    faults: Sequence[Fault]


def verify_audit(
    since: datetime | None,
    until: datetime | None,
    anchors: Sequence[Anchor],
    work: UnitOfWork,
    progress: Callable[[int], None] = lambda _: None,
) -> Verified:
    """Check every row and seal, reading as much at a time as one seal covers.

    Args:
        since: of the seals made at this instant or later alone; the hash of the one before is believed.
        until: of those made before this instant alone.
        anchors: heads seen before; each must still be in the chain.
        work: not yet begun.
        progress: told the rows that have been checked, after each seal.
    """
    faults: list[Fault] = []
    seals = rows = 0
    with work:
        previous: Seal | None = None
        for seal in work.audit.seals(since, until):
            if seals == 0 and since is not None:
                previous = work.audit.seal_before(seal.number)
            covered = work.audit.rows_between(FIRST if previous is None else previous.last_id, seal.last_id)
            faults += check_seal(previous, seal, covered)
            previous, seals, rows = seal, seals + 1, rows + len(covered)
            progress(rows)
        head = work.audit.head()
        faults += [fault for anchor in anchors if (fault := _check_anchor(anchor, work)) is not None]
        unsealed, oldest = work.audit.unsealed(FIRST if head is None else head.last_id)
    return Verified(seals, rows, unsealed, oldest, head, faults)


def _check_anchor(anchor: Anchor, work: UnitOfWork) -> Fault | None:
    seal = work.audit.seal(anchor.number)
    if seal is None:
        sentence = f"seal {anchor.number} was there before and is gone: the record was cut off / 记录被截断"
        return Fault("cut-off", anchor.number, None, sentence)
    if seal.hash != anchor.hash:
        sentence = f"seal {anchor.number} had another hash before: the record was written anew / 记录被重写"
        return Fault("rewritten", anchor.number, None, sentence)
    return None
