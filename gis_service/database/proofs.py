"""The proofs that families tile their parents, each for the editions in which it holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from gis_service.database.tables import family_proof
from grid_boundaries.check.proofs import FamilyProof

ROOTS = ""
"""What stands in the table for the parent of the roots, which have none."""


class ProofRepository:
    """Rows of ``family_proof``; closed and added, never changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_edition(self, edition: int) -> list[FamilyProof]:
        """Return the proofs that hold in an edition, by parent."""
        holds = family_proof.c.since <= edition, or_(family_proof.c.until.is_(None), family_proof.c.until > edition)
        query = select(family_proof.c.proof).where(*holds).order_by(family_proof.c.parent)
        return [FamilyProof.from_dict(told) for told in self._session.scalars(query)]

    def replace(self, edition: int, families: Collection[str | None], proofs: Sequence[FamilyProof]) -> None:
        """Let the proofs of some families end before an edition, and others hold from it on.

        Args:
            edition: the edition being published.
            families: the parents of the families whose proofs end; None for the roots.
            proofs: those of the families that are proved now.
        """
        ended = [ROOTS if parent is None else parent for parent in families]
        open_rows = family_proof.c.parent.in_(ended), family_proof.c.until.is_(None)
        self._session.execute(update(family_proof).where(*open_rows).values(until=edition))
        rows = [
            {"parent": ROOTS if proof.parent is None else proof.parent, "since": edition, "proof": proof.as_dict()}
            for proof in proofs
        ]
        if rows:
            self._session.execute(insert(family_proof), rows)
