"""The check: whether grids tile their parent, proved or told with place, size and neighbours (decision 6)."""

from grid_boundaries.check.balance import Balance
from grid_boundaries.check.buildings import BuildingPoints, count_on_findings, ground_of, weigh_with_buildings
from grid_boundaries.check.certificate import combine_proofs
from grid_boundaries.check.compactness import Compactness, compactness, with_compactness
from grid_boundaries.check.exceptions import EXCEPTABLE, ExceptionGrant, apply_exceptions
from grid_boundaries.check.findings import Finding, Report
from grid_boundaries.check.footprint import check_footprint, touched_families
from grid_boundaries.check.proofs import FamilyProof
from grid_boundaries.check.rules import CheckRules
from grid_boundaries.check.siblings import check_grids
from grid_boundaries.check.tree import check_tree, is_tree
from grid_boundaries.check.verification import Difference, verify_certificate
from grid_boundaries.check.workloads import Workload, weigh_with_workloads

__all__ = [
    "EXCEPTABLE",
    "Balance",
    "BuildingPoints",
    "CheckRules",
    "Compactness",
    "Difference",
    "ExceptionGrant",
    "FamilyProof",
    "Finding",
    "Report",
    "Workload",
    "apply_exceptions",
    "check_footprint",
    "check_grids",
    "check_tree",
    "combine_proofs",
    "compactness",
    "count_on_findings",
    "ground_of",
    "is_tree",
    "touched_families",
    "verify_certificate",
    "weigh_with_buildings",
    "weigh_with_workloads",
    "with_compactness",
]
