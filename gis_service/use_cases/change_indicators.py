"""Put definitions of indicators: all rows or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.indicator import Indicator
from gis_service.domain.indicator_rows import DEFINITIONS, read_definitions, tag_of
from gis_service.domain.rule_rows import Row
from gis_service.errors import ClashError, InputFault, PreconditionFailedError, RuleBrokenError


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """What has become of the definitions, by their codes, and the tag of the new state."""

    added: Sequence[str]
    changed: Sequence[str]
    removed: Sequence[str]
    unchanged: int
    tag: str


def change_indicators(
    rows: Sequence[Row], work: UnitOfWork, *, whole: bool = False, expected: Collection[str] | None = None
) -> DefinitionChange:
    """Put definitions, each in the place of the one with its code.

    Args:
        rows: see ``read_definitions``.
        work: a transaction not yet begun; editors wait for each other.
        whole: they are all; those that are not among them are removed.
        expected: tags of the states that the caller means; None: any.

    Raises:
        PreconditionFailedError: the definitions are in another state.
        RuleBrokenError: code ``broken-indicators``, with every fault of every row.
        ClashError: code ``has-values``: how values are rolled up cannot change, nor can an indicator go, while there
            are any.
    """
    with work:
        work.indicators.lock_editing()
        before = {one.code: one for one in work.indicators.definitions()}
        if expected is not None and tag_of(before.values()) not in expected:
            raise PreconditionFailedError("the indicators have changed since you read them; look at them again")
        numbered, faults = read_definitions(rows)
        given = {one.code: one for _, one in numbered}
        after = given if whole else before | given
        faults += _weight_faults(numbered, after)
        if whole and not rows:
            faults.append(InputFault(f"/{DEFINITIONS}", "holds no row: to remove indicators, send those that stay"))
        if faults:
            raise RuleBrokenError(
                f"{len(faults)} faults; nothing was stored. First: {faults[0].detail}",
                code="broken-indicators",
                faults=faults,
                members={"message_zh": f"有 {len(faults)} 处问题，未存入任何指标。"},
            )
        removed = sorted(before.keys() - after.keys())
        changed = [one for code, one in given.items() if code in before and before[code] != one]
        added = [one for code, one in given.items() if code not in before]
        _refuse_with_values(removed, changed, before, work)
        work.indicators.remove_many(removed)
        if changed or added:
            work.indicators.put_many([*changed, *added])
        work.commit()
    return DefinitionChange(
        [one.code for one in added],
        [one.code for one in changed],
        removed,
        len(given) - len(changed) - len(added),
        tag_of(after.values()),
    )


def _weight_faults(numbered: Sequence[tuple[int, Indicator]], after: Mapping[str, Indicator]) -> list[InputFault]:
    """Return the definitions whose weights are not there, or no numbers of things, or that weigh others wrongly."""
    faults = []
    for number, one in numbered:
        weight = None if one.weight is None else after.get(one.weight)
        if one.weight is not None and (weight is None or weight.rollup != "sum"):
            sentence = f"weight {one.weight} is no indicator that is rolled up by sum"
            faults.append(InputFault(f"/{DEFINITIONS}/{number}/weight", sentence))
        weighed = sorted(code for code, other in after.items() if other.weight == one.code and one.rollup != "sum")
        if weighed:
            sentence = f"must stay sum: {', '.join(weighed)} is weighted by it"
            faults.append(InputFault(f"/{DEFINITIONS}/{number}/rollup", sentence))
    gone = sorted({one.weight for one in after.values() if one.weight is not None} - after.keys())
    named = {one.weight for _, one in numbered}
    faults += [
        InputFault(f"/{DEFINITIONS}", f"{code} is missing, and weighs others") for code in gone if code not in named
    ]
    return faults


def _refuse_with_values(
    removed: Sequence[str], changed: Sequence[Indicator], before: Mapping[str, Indicator], work: UnitOfWork
) -> None:
    rerolled = [one.code for one in changed if _rolls_otherwise(one, before[one.code])]
    stuck = sorted(work.indicators.with_values({*removed, *rerolled}))
    if stuck:
        raise ClashError(
            f"{', '.join(stuck)} has values: it cannot be removed, nor rolled up otherwise; take a new code",
            code="has-values",
            members={"indicators": stuck},
        )


def _rolls_otherwise(one: Indicator, other: Indicator) -> bool:
    return replace(one, rollup=other.rollup, weight=other.weight) != one
