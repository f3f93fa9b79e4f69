"""Tell what is proved of an edition."""

from __future__ import annotations

from typing import Any

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.check_plan import DraftCheck
from grid_boundaries.check.certificate import combine_proofs


def prove_edition(edition: int, check: DraftCheck, work: UnitOfWork) -> dict[str, Any]:
    """Return the certificate of an edition whose grids are stored already, inside the transaction that publishes it.

    The families that the check has looked at have new proofs, the others those of the edition before.  A family that
    was let pass with findings, for a coverage target or an exception, has no proof: ``unproved`` names it.
    """
    kept = [proof for proof in work.proofs.of_edition(edition - 1) if proof.parent not in check.families]
    proofs = [*kept, *check.report.proofs]
    unproved = sorted(work.grids.parents(edition) - {proof.parent for proof in proofs})
    certificate = combine_proofs(proofs) if proofs else {}
    return {**certificate, **({"unproved": unproved} if unproved else {})}
