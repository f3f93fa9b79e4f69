"""Send the events of the feed to one webhook: each at least once, in order, until it is given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.incident_feed import FeedEvent
from gis_service.domain.webhook import Webhook, rest_s
from gis_service.use_cases.read_feed import read_feed

PAGE = 100
"""Events read at once, without a connection held as they are sent."""

Post: TypeAlias = Callable[[Webhook, FeedEvent], str | None]
"""Sends one event; returns None when it was taken, else why not."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Who delivers, and how: ``clock`` and ``chance`` (0 to 1) are asked, not known.

    ``lease_s`` must be longer than a ``post`` takes: then another process goes on, and an event may be sent twice.
    ``most_tries`` of one event fail before it is given up.  ``is_over`` ends the turn before the next event.
    """

    holder: UUID
    post: Post
    open_work: Callable[[], UnitOfWork]
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    lease_s: float
    most_tries: int
    is_over: Callable[[], bool] = lambda: False


def deliver_webhook(webhook_id: UUID, by: Deliverer) -> None:
    """Send what waits for one webhook, until nothing does, or one event was not taken and has to wait.

    Nothing is done when another process holds it.  An event that was taken and could not be noted is sent again: the
    receiver knows it by its id.
    """
    with by.open_work() as work:
        webhook = work.webhooks.claim(webhook_id, by.holder, by.lease_s, by.clock())
        work.commit()
    if webhook is None:
        return
    try:
        if _send_asked(webhook, by):
            _send_fresh(webhook, by)
    finally:
        with by.open_work() as work:
            work.webhooks.release(webhook_id, by.holder)
            work.commit()


def _send_fresh(webhook: Webhook, by: Deliverer) -> None:
    position, tries = webhook.position, webhook.tries
    while not by.is_over():
        page = read_feed(position, webhook.wanted, webhook.made_by, PAGE, by.open_work())
        for event in page.events:
            if by.is_over() or not _send(webhook, event, tries, by):
                return
            tries = 0
        position = page.position
        with by.open_work() as work:
            may_go_on = work.webhooks.note(webhook.id, by.holder, by.lease_s, position=position)
            work.commit()
        if not (page.has_more and may_go_on):
            return


def _send(webhook: Webhook, event: FeedEvent, tries: int, by: Deliverer) -> bool:
    """Send one event and note what came of it; tell whether the next one may be sent."""
    error = by.post(webhook, event)
    if error is not None and by.is_over():
        return False  # cut off by our own end, which is no fault of the receiver
    now = by.clock()
    with by.open_work() as work:
        if error is None:
            may_go_on = work.webhooks.note_delivered(webhook.id, by.holder, by.lease_s, now, position=event.position)
        elif tries + 1 < by.most_tries:
            pause = timedelta(seconds=rest_s(tries + 1, by.chance()))
            work.webhooks.note_failed(
                webhook.id, by.holder, by.lease_s, now, error, tries=tries + 1, next_try_at=now + pause
            )
            may_go_on = False
        else:
            may_go_on = work.webhooks.note_failed(
                webhook.id, by.holder, by.lease_s, now, error, tries=0, next_try_at=None, position=event.position
            )
            if not may_go_on:
                return False
            work.webhooks.bury(webhook.id, event, tries + 1, error, now)
        work.commit()
    return may_go_on


def _send_asked(webhook: Webhook, by: Deliverer) -> bool:
    """Send the dead letters that are asked for once more; tell whether to go on with the feed.

    At the first that is not taken the feed goes on, and rests if that is not taken either.
    """
    while not by.is_over():
        with by.open_work() as work:
            letters = work.webhooks.dead_letters(webhook.id, limit=1, is_asked=True)
            event = work.incident_feed.find(letters[0].event_id, webhook.made_by) if letters else None
        if not letters:
            return True
        error = "the incident is no longer to be seen" if event is None else by.post(webhook, event)
        if error is not None and by.is_over():
            return False
        now = by.clock()
        with by.open_work() as work:
            if error is None:
                may_go_on = work.webhooks.note_delivered(webhook.id, by.holder, by.lease_s, now)
                work.webhooks.drop_letter(webhook.id, letters[0].event_id)
            else:
                may_go_on = work.webhooks.note_failed(webhook.id, by.holder, by.lease_s, now, error)
                work.webhooks.bury_again(webhook.id, letters[0].event_id, error, now)
            work.commit()
        if error is not None or not may_go_on:
            return may_go_on
    return False
