"""Check a published edition anew, and ask independent methods whether the check can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.checksum import checksum
from gis_service.domain.edition import Edition
from gis_service.errors import NotFoundError
from grid_boundaries.check import CheckRules, Report, check_tree
from grid_boundaries.check.second_opinions import METHODS, Disagreement, second_opinions
from grid_boundaries.partition import Grid

_NOT_COMPARED = frozenset({"versions"})  # of the libraries at that time: told, and no part of the proof


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was verified; ``agrees`` is None where there was nothing to compare with."""

    what: str
    stored: str
    now: str
    agrees: bool | None

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as JSON."""
        return {"what": self.what, "stored": self.stored, "now": self.now, "agrees": self.agrees}


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out: an answer for each thing, and in what independent methods contradict the check."""

    edition: int
    answers: tuple[Answer, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing contradicts what was published."""
        return all(answer.agrees is not False for answer in self.answers)

    def as_dict(self) -> dict[str, Any]:
        """Return the verification as JSON."""
        return {
            "edition": self.edition,
            "agrees": self.agrees,
            "answers": [answer.as_dict() for answer in self.answers],
            "disagreements": [one.as_dict() for one in self.disagreements],
        }


def verify_edition(
    number: int | None, work: UnitOfWork, progress: Callable[[str, float], None] = lambda _, __: None
) -> Verification:
    """Return whether an edition's grids are those that were published, still proved, and proved by other means too.

    Nothing is stored.  The check runs with its usual rules; what it finds only counts against a certificate.

    Args:
        number: the edition; the newest when None.
        work: a transaction not yet begun.
        progress: is told what is done now and which share of it, from 0 to 1.

    Raises:
        NotFoundError: there is no such edition, or none at all.
    """
    progress("load the grids", 0.0)
    with work:
        edition = work.editions.latest() if number is None else work.editions.get(number)
        if edition is None:
            raise NotFoundError(
                "nothing was published yet" if number is None else f"no edition has the number {number}"
            )
        grids = work.grids.of_edition(edition.number)
        levels = [level.code for level in work.levels.list_all()]
    progress("check the grids", 0.0)
    report = check_tree(grids, CheckRules(), levels)
    disagreements = second_opinions(grids, progress=lambda share: progress("ask other methods", share))
    answers = (*_identity(edition, grids), *_proof(edition, report), *_opinions(disagreements))
    return Verification(edition.number, answers, tuple(disagreements))


def _identity(edition: Edition, grids: Sequence[Grid]) -> tuple[Answer, ...]:
    now = checksum(grids)
    return (
        Answer("grids", str(edition.grid_count), str(len(grids)), edition.grid_count == len(grids)),
        Answer("checksum", edition.checksum, now, edition.checksum == now),
    )


def _proof(edition: Edition, report: Report) -> tuple[Answer, ...]:
    """Compare the certificates, member by member; one that was never made, or by another recipe, with nothing."""
    errors = sum(finding.severity == "error" for finding in report.findings)
    stored, now = edition.certificate, report.certificate
    if not stored:
        return (
            Answer("check", "not proved", f"{errors} error(s)", None),
            Answer("certificate", "none", "proved" if now else "none", None),
        )
    check = Answer("check", "proved", "proved" if now is not None else f"{errors} error(s)", now is not None)
    if now is None:
        return check, Answer("certificate", str(stored.get("form")), "none", agrees=False)
    if stored.get("form") != now.get("form"):
        return check, Answer("certificate", str(stored.get("form")), str(now.get("form")), None)
    different = _different(stored, now)
    if not different:
        return check, Answer("certificate", str(stored.get("form")), "the same", agrees=True)
    return check, *(
        Answer(f"certificate: {name}", str(stored.get(name)), str(now.get(name)), agrees=False) for name in different
    )


def _different(stored: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = sorted((stored.keys() | now.keys()) - _NOT_COMPARED)
    return [name for name in names if stored.get(name) != now.get(name)]


def _opinions(disagreements: Sequence[Disagreement]) -> tuple[Answer, ...]:
    counts = {method: sum(one.method == method for one in disagreements) for method in METHODS}
    return tuple(
        Answer(method, "agrees", "agrees" if not count else f"contradicts {count} time(s)", not count)
        for method, count in counts.items()
    )
