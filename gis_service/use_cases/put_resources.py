"""Put stocks and places that help into the register: all rows or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_values

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.resource import Resource, ResourceKind
from gis_service.domain.resource_rows import ResourceRow, settle_rows
from gis_service.errors import ClashError, ForbiddenError, InputFault, RuleBrokenError
from gis_service.use_cases.read_ground import choose_edition

MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class PutResources:
    """What came of rows, or would have come; ``outside`` are the codes of those outside every grid."""

    added: int
    changed: int
    unchanged: int
    outside: Sequence[str]


def put_resources(
    read: Iterable[ResourceRow | list[InputFault]],
    principal: Principal,
    work: UnitOfWork,
    *,
    replace: bool,
    dry_run: bool = False,
) -> PutResources:
    """Store resources by their codes; those that are not among the rows stay as they are.

    Args:
        read: rows, or what is wrong with them; all faults are told at once.
        principal: who puts them; both where they were and where they are to be must be their ground.
        work: a transaction not yet begun.
        replace: a row takes the place of the resource with its code; else that there is one is refused.
        dry_run: do all of it, and store nothing.

    Raises:
        NotFoundError: no edition is in force.
        RuleBrokenError: code ``broken-rows``, with the first hundred faults.
        ForbiddenError: code ``outside-scope``; ``members["codes"]`` names them.
        ClashError: code ``already-there``; ``members["codes"]`` names them.
    """
    with work:
        edition = choose_edition(None, None, work)
        rows, faults = settle_rows(read, work.resources.kinds())
        if faults:
            count, first = len(faults), f"{faults[0].pointer}: {faults[0].detail}"
            raise RuleBrokenError(
                f"{count} faults; nothing was stored. First: {first}. 共 {count} 处错误，未写入任何数据。",
                code="broken-rows",
                faults=faults[:MOST_FAULTS],
            )
        stored = work.resources.by_codes([row.resource.code for row in rows])
        given = [_with_class(row, stored.get(row.resource.code)) for row in rows]
        owners = _owners(given, edition, work)
        if principal.scope is not None:
            under = work.grids.codes_under(principal.scope, edition)
            before = _owners(list(stored.values()), edition, work)
            outside = sorted(
                code for places in (owners, before) for code, owner in places.items() if owner not in under
            )
            _refuse_outside(list(dict.fromkeys(outside)), principal)
        if stored and not replace:
            told = ", ".join(sorted(stored)[:10])
            raise ClashError(
                f"there already: {told}; PUT them to replace what is stored. 编码已存在：{told}。",
                code="already-there",
                members={"codes": sorted(stored)},
            )
        news = [one for one in given if stored.get(one.code) != one]
        if not dry_run:
            work.resources.put_many(news)
            work.commit()
    changed = sum(one.code in stored for one in news)
    nowhere = sorted(code for code, owner in owners.items() if owner is None)
    return PutResources(len(news) - changed, changed, len(given) - len(news), nowhere)


def list_resource_kinds(work: UnitOfWork) -> list[ResourceKind]:
    """Return every kind of resource, by code."""
    with work:
        return work.resources.kinds()


def put_resource_kinds(kinds: Sequence[ResourceKind], work: UnitOfWork) -> list[ResourceKind]:
    """Store kinds of resources by their codes, and return all that there are."""
    with work:
        work.resources.put_kinds(kinds)
        work.commit()
        return work.resources.kinds()


def _with_class(row: ResourceRow, before: Resource | None) -> Resource:
    if before is None or row.says_class:
        return row.resource
    return with_values(row.resource, data_class=before.data_class)


def _owners(resources: Sequence[Resource], edition: int, work: UnitOfWork) -> dict[str, str | None]:
    if not resources:
        return {}
    owners = work.owners.of_points(edition, [one.lon for one in resources], [one.lat for one in resources])
    return dict(zip([one.code for one in resources], owners, strict=True))


def _refuse_outside(codes: Sequence[str], principal: Principal) -> None:
    if codes:
        raise ForbiddenError(
            f"your scope is {principal.scope}; not on its ground: {', '.join(codes[:10])}",
            code="outside-scope",
            members={"codes": codes},
        )
