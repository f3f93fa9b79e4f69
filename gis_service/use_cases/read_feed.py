"""Read what has happened to all incidents, one thing after another, from where one was."""

from __future__ import annotations

import time

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident_feed import FeedEvent, FeedFilter, FeedPage
from gis_service.errors import InputFault, RuleBrokenError
from gis_service.use_cases.refuse_unknown_category import refuse_unknown_category
from gis_service.use_cases.refuse_unknown_word import refuse_unused_grid

NUMBERED_AT_ONCE = 10_000
"""Events that get their positions in one transaction; after an import of history the rest has to wait."""

SPAN = 20_000
"""Positions looked through by one statement: a filter that fits few events must not make it endless."""

MOST_SPANS = 50
"""Statements of one reading; it then ends, with fewer events than were asked for."""

_TRIES = 20
_REST_S = 0.005


def number_events(work: UnitOfWork) -> int:
    """Give positions to what has been committed, and return the last position there is; 0 for none.

    Every reader does this first, so that no other process need run.  When another reader is at it, it is waited for
    a moment, since it may have begun before the latest commit.
    """
    with work:
        for _ in range(_TRIES):
            if work.incident_feed.number_waiting(NUMBERED_AT_ONCE):
                break
            time.sleep(_REST_S)
        work.commit()
        return work.incident_feed.head()


def begin_feed(after: int | None, wanted: FeedFilter, work: UnitOfWork) -> int:
    """Return the position from which to read on; None asks for the present end.

    Raises:
        RuleBrokenError: codes ``unknown-category`` and ``unknown-grid``; ``bad-cursor``, a position never given.
    """
    if after is None:
        number_events(work)
    with work:
        refuse_unused_grid(wanted.grid, work)
        if wanted.category is not None:
            refuse_unknown_category(wanted.category, work.rules.categories_and_above())
        if after is None:
            return work.incident_feed.head()
        if after > work.incident_feed.last_given():
            sentence = (
                "lies behind the end of the feed, as after a restore of an older database;"
                " read again from the beginning, and drop what is known by its id"
            )
            raise RuleBrokenError(f"after {sentence}", code="bad-cursor", faults=[InputFault("after", sentence)])
        return after


def read_feed(after: int, wanted: FeedFilter, principal: Principal, limit: int, work: UnitOfWork) -> FeedPage:
    """Return up to ``limit`` events after a position that match and that the caller may see, in order.

    An event is seen by who may see its incident at the time of reading.
    """
    head = number_events(work)
    found: list[FeedEvent] = []
    position = after
    with work:
        for _ in range(MOST_SPANS):
            if position >= head or len(found) == limit:
                break
            until = min(position + SPAN, head)
            fresh = work.incident_feed.read(position, until, wanted, principal, limit - len(found))
            found += fresh
            position = fresh[-1].position if len(found) == limit else until
    return FeedPage(tuple(found), position, has_more=position < head)
