"""Try rows for a table of rules on the incidents of some time: what would have been decided otherwise?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.deadline_trial import DeadlineTrial, try_deadlines
from gis_service.domain.dispatch_trial import DispatchTrial, try_dispatch
from gis_service.domain.rule_trial import judge_as_in_force
from gis_service.domain.work_calendar import WorkCalendar
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.change_rules import GivenRows, entries_of, propose_change

USUAL_TIME = timedelta(days=30)
USUAL_LIMIT = 100_000
MOST_TRIED = 1_000_000
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TrialWindow:
    """Which incidents are tried: those reported at ``since`` or later and before ``until``, the newest ``limit``."""

    since: datetime
    until: datetime
    limit: int = USUAL_LIMIT

    @classmethod
    def around(cls, since: datetime | None, until: datetime | None, now: datetime, limit: int) -> TrialWindow:
        """Return the window asked for; by default it ends now, as it does at the latest, and is ``USUAL_TIME`` long.

        Raises:
            RuleBrokenError: it ends before it begins, or before there were any incidents.
        """
        end = min(until or now, now)
        if end <= EARLIEST + USUAL_TIME:
            raise _bad("until", f"must lie after {EARLIEST.year}")
        begin = max(since or end - USUAL_TIME, EARLIEST)
        if begin >= end:
            raise _bad("since", "must lie before until, and in the past")
        return cls(begin, end, limit)


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """What came of it; ``truncated`` when there were more incidents than were tried."""

    window: TrialWindow
    outcome: DispatchTrial | DeadlineTrial
    truncated: bool


def try_rules(given: GivenRows, window: TrialWindow, work: UnitOfWork, *, now: datetime, zone: ZoneInfo) -> RuleTrial:
    """Judge incidents by the rules as they are stored, and as they would be with the rows; nothing is written.

    What the rows change is judged as if it had been in force at every report; see ``judge_as_in_force``.  The
    decision before is what the stored rules say today of that instant, whoever may have acted on the incident since.

    Args:
        given: rows of ``dispatch`` or ``deadlines``, as ``change_rules`` takes them.
        window: which incidents.
        work: a transaction not yet begun.
        now: the instant of the trial.
        zone: of working days.

    Raises:
        RuleBrokenError: with every fault of every row.
    """
    with work:
        before = entries_of(given.table, work)
        after = judge_as_in_force(propose_change(given, work, now=now), now)
        found = work.trial_incidents.newest(window.since, window.until, window.limit + 1)
        incidents = islice(found, window.limit)
        outcome: DispatchTrial | DeadlineTrial
        if given.table == "dispatch":
            outcome = try_dispatch(incidents, before, after)
        else:
            outcome = try_deadlines(incidents, before, after, WorkCalendar(zone, work.rules.calendar()))
        truncated = next(found, None) is not None
    return RuleTrial(window, outcome, truncated)


def _bad(name: str, sentence: str) -> RuleBrokenError:
    return RuleBrokenError(f"{name} {sentence}", faults=[InputFault(name, sentence)])
