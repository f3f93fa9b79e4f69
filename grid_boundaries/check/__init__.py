"""The check: whether grids tile their parent, proved or told with place, size and neighbours (decision 6)."""

from grid_boundaries.check.certificate import combine_proofs
from grid_boundaries.check.findings import Finding, Report
from grid_boundaries.check.footprint import check_footprint, touched_families
from grid_boundaries.check.proofs import FamilyProof
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.siblings import check_grids
from grid_boundaries.check.tree import check_tree, is_tree
from grid_boundaries.check.verification import Difference, verify_certificate

__all__ = [
    "CheckRules",
    "Difference",
    "FamilyProof",
    "Finding",
    "Report",
    "check_footprint",
    "check_grids",
    "check_tree",
    "combine_proofs",
    "is_tree",
    "touched_families",
    "verify_certificate",
]
