"""What becomes of a table of rules when rows are put into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule
from gis_service.domain.period import Period
from gis_service.domain.rules import CalendarDay, Category, Department

Entry: TypeAlias = Department | Category | DispatchRule | DeadlineRule | CalendarDay
AnyEntry = TypeVar("AnyEntry", bound=Entry)

RULE_TABLES = ("departments", "categories", "dispatch", "deadlines", "calendar")
"""Tables that people edit, in the order in which one names another."""

DECIDING_TABLES = ("dispatch", "deadlines")
"""Those whose rows are in force for a time."""


@dataclass(frozen=True, slots=True)
class RuleChange(Generic[AnyEntry]):
    """What differs between a table as it is stored and as it shall be; ``untouched`` stay as they are stored."""

    added: tuple[AnyEntry, ...]
    changed: tuple[AnyEntry, ...]
    ended: tuple[AnyEntry, ...]
    removed: tuple[AnyEntry, ...]
    untouched: tuple[AnyEntry, ...]

    @property
    def written(self) -> tuple[AnyEntry, ...]:
        """What is to be stored."""
        return self.added + self.changed + self.ended

    @property
    def after(self) -> tuple[AnyEntry, ...]:
        """The whole table as it shall be."""
        return self.written + self.untouched


def key_of(entry: Entry) -> str:
    """Return what names an entry in its table: the id of a rule, a code, a day."""
    if isinstance(entry, DispatchRule | DeadlineRule):
        return entry.id
    return entry.day.isoformat() if isinstance(entry, CalendarDay) else entry.code


def weigh_change(
    given: Sequence[AnyEntry], stored: Sequence[AnyEntry], *, whole: bool, now: datetime
) -> RuleChange[AnyEntry]:
    """Return what putting entries into a table changes; an entry takes the place of the one with its key.

    Args:
        given: with different keys.
        stored: the table as it is.
        whole: ``given`` is all that shall be there.  A rule that is not among them ends now, so that what it decided
            stays explained; one that would begin later never does and is removed, as are entries without a time.
            Rules that have ended stay as they are.
        now: the instant of the change.

    Returns:
        The change.  A rule without ``since`` whose case another rule has decided until now, or until some time ago,
        takes over where that one ends: so a rule may be put in the place of another one at any time, and the same
        rows may be put there again.
    """
    keys = {key_of(entry) for entry in given}
    ended: list[AnyEntry] = []
    removed: list[AnyEntry] = []
    others: list[AnyEntry] = []
    for entry in stored:
        if key_of(entry) in keys:
            continue
        if not whole or _is_over(entry, now):
            others.append(entry)
        elif isinstance(entry, DispatchRule | DeadlineRule) and _has_begun(entry.in_force, now):
            ended.append(replace(entry, in_force=Period(entry.in_force.since, now)))
        else:
            removed.append(entry)
    ends = _ends_by_case([*given, *others, *ended], now)
    before = {key_of(entry): entry for entry in stored}
    added: list[AnyEntry] = []
    changed: list[AnyEntry] = []
    for entry in given:
        after = _after_its_predecessor(entry, ends)
        old = before.get(key_of(after))
        if old is None:
            added.append(after)
        elif old == after:
            others.append(after)
        else:
            changed.append(after)
    return RuleChange(tuple(added), tuple(changed), tuple(ended), tuple(removed), tuple(others))


def _is_over(entry: Entry, now: datetime) -> bool:
    if not isinstance(entry, DispatchRule | DeadlineRule):
        return False
    return entry.in_force.until is not None and entry.in_force.until <= now


def _has_begun(period: Period, now: datetime) -> bool:
    return period.since is None or period.since < now


def _ends_by_case(entries: Sequence[Entry], now: datetime) -> dict[Any, datetime]:
    """Return when the last rule of each case that is over has ended."""
    ends: dict[Any, datetime] = {}
    for entry in entries:
        if isinstance(entry, DispatchRule | DeadlineRule) and _is_over(entry, now):
            until = entry.in_force.until
            if until is not None:
                ends[entry.case] = max(until, ends.get(entry.case, until))
    return ends


def _after_its_predecessor(entry: AnyEntry, ends: dict[Any, datetime]) -> AnyEntry:
    if not isinstance(entry, DispatchRule | DeadlineRule) or entry.in_force.since is not None:
        return entry
    end = ends.get(entry.case)
    until = entry.in_force.until
    if end is None or (until is not None and until <= end):
        return entry
    return replace(entry, in_force=Period(end, until))
