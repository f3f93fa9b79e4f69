"""Keep webhooks: make, show, pause, wind back, remove; each caller those of their own ground."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from uuid_utils.compat import uuid7

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident_feed import FeedFilter
from gis_service.domain.webhook import (
    MOST_WEBHOOKS,
    DeadLetter,
    Lag,
    Webhook,
    fault_of_url,
    is_public,
    new_webhook_secret,
)
from gis_service.errors import ClashError, ForbiddenError, InputFault, NotFoundError, RuleBrokenError
from gis_service.use_cases.read_feed import number_events
from gis_service.use_cases.refuse_unknown_category import refuse_unknown_category
from gis_service.use_cases.refuse_unknown_word import refuse_unused_grid

MOST_COUNTED = 10_000
"""Events behind are counted up to here, and looked for in ten times as many positions."""


def create_webhook(
    url: str, wanted: FeedFilter, principal: Principal, *, allow_private: bool, work: UnitOfWork
) -> tuple[Webhook, Lag]:
    """Store a new webhook, which is sent what happens from now on.

    It sees what its maker sees, and does so when the maker's token has ended, until it is removed.

    Raises:
        RuleBrokenError: the address is none, or leads into this network; the grid or the category is not known.
        ForbiddenError: the grid lies outside the caller's scope.
        ClashError: there are too many.
    """
    _refuse_url(url, allow_private=allow_private)
    end = number_events(work)
    with work:
        if len(work.webhooks.list_all()) >= MOST_WEBHOOKS:
            raise ClashError(f"there are {MOST_WEBHOOKS} webhooks; remove one first", code="too-many-webhooks")
        if wanted.category is not None:
            refuse_unknown_category(wanted.category, work.rules.categories_and_above())
        _refuse_grid(wanted.grid, principal, work)
        made = uuid7()
        work.webhooks.add(
            id=made,
            url=url,
            secret=new_webhook_secret(),
            wanted=replace(wanted, grid=wanted.grid or principal.scope),
            made_by=principal,
            position=end,
        )
        webhook = _seen(made, principal, work)
        work.commit()
        return webhook, _measure(webhook, end, work.editions.now(), work)


def list_webhooks(principal: Principal, work: UnitOfWork) -> list[tuple[Webhook, Lag]]:
    """Return the webhooks that the caller may see, the oldest first, and how far behind each is."""
    end = number_events(work)
    with work:
        now = work.editions.now()
        seen = [one for one in work.webhooks.list_all() if _may_keep(one, principal, work)]
        return [(one, _measure(one, end, now, work)) for one in seen]


def measure_webhooks(work: UnitOfWork) -> list[tuple[Webhook, Lag]]:
    """Return every webhook, and how far behind each is."""
    with work:
        end, now = work.incident_feed.head(), work.editions.now()
        return [(one, _measure(one, end, now, work)) for one in work.webhooks.list_all()]


def read_webhook(webhook_id: UUID, principal: Principal, work: UnitOfWork) -> tuple[Webhook, Lag]:
    """Return one webhook.

    Raises:
        NotFoundError: it is not there, or not for this caller.
    """
    end = number_events(work)
    with work:
        webhook = _seen(webhook_id, principal, work)
        return webhook, _measure(webhook, end, work.editions.now(), work)


def pause_webhook(webhook_id: UUID, principal: Principal, work: UnitOfWork, *, is_paused: bool) -> None:
    """Send nothing more for now, or go on at once; nothing is lost meanwhile.

    Raises:
        NotFoundError: as ``read_webhook``.
    """
    with work:
        _seen(webhook_id, principal, work)
        (work.webhooks.pause if is_paused else work.webhooks.resume)(webhook_id)
        work.commit()


def remove_webhook(webhook_id: UUID, principal: Principal, work: UnitOfWork) -> None:
    """Delete a webhook and its dead letters.

    Raises:
        NotFoundError: as ``read_webhook``.
    """
    with work:
        _seen(webhook_id, principal, work)
        work.webhooks.remove(webhook_id)
        work.commit()


def replay_webhook(webhook_id: UUID, after: int, principal: Principal, work: UnitOfWork) -> None:
    """Send again all that came after a position of the feed (``begin_feed``).

    Raises:
        NotFoundError: as ``read_webhook``.
    """
    with work:
        _seen(webhook_id, principal, work)
        work.webhooks.rewind(webhook_id, after)
        work.commit()


def list_dead_letters(
    webhook_id: UUID, principal: Principal, *, after: int, limit: int, work: UnitOfWork
) -> list[DeadLetter]:
    """Return the events of a webhook that were given up, in the order of the feed, after a position.

    Raises:
        NotFoundError: as ``read_webhook``.
    """
    with work:
        _seen(webhook_id, principal, work)
        return work.webhooks.dead_letters(webhook_id, after=after, limit=limit)


def redeliver(webhook_id: UUID, event_ids: Sequence[int] | None, principal: Principal, work: UnitOfWork) -> int:
    """Let dead letters be sent once more, all of them for None; return how many that are.

    Raises:
        NotFoundError: as ``read_webhook``.
    """
    with work:
        _seen(webhook_id, principal, work)
        asked = work.webhooks.ask_again(webhook_id, event_ids)
        work.commit()
        return asked


def _seen(webhook_id: UUID, principal: Principal, work: UnitOfWork) -> Webhook:
    webhook = work.webhooks.get(webhook_id)
    if webhook is None or not _may_keep(webhook, principal, work):
        raise NotFoundError(f"webhook {webhook_id} is not there")
    return webhook


def _may_keep(webhook: Webhook, principal: Principal, work: UnitOfWork) -> bool:
    """Say whether a webhook sees no more than the caller does."""
    scope = webhook.made_by.scope
    return principal.scope in {None, scope} or (scope is not None and _lies_in_scope(scope, principal, work))


def _lies_in_scope(code: str, principal: Principal, work: UnitOfWork) -> bool:
    latest = work.editions.latest()
    chain = [] if latest is None else [link.code for link in work.owners.chain(latest.number, code)]
    return code == principal.scope or principal.sees(chain)


def _measure(webhook: Webhook, end: int, now: datetime, work: UnitOfWork) -> Lag:
    until = min(end, webhook.position + 10 * MOST_COUNTED)
    events, first = work.incident_feed.lag(
        webhook.position, until, webhook.wanted, webhook.made_by, limit=MOST_COUNTED
    )
    return Lag(events, 0.0 if first is None else max((now - first).total_seconds(), 0.0))


def _refuse_url(url: str, *, allow_private: bool) -> None:
    fault = fault_of_url(url)
    code = "invalid-input"
    if fault is None and not allow_private and not _may_be_public(urlsplit(url).hostname or ""):
        fault, code = (
            "leads into this machine or this network; GIS_WEBHOOK_ALLOW_PRIVATE lets it through",
            "private-address",
        )
    if fault is not None:
        raise RuleBrokenError(f"/url: {fault}", code=code, faults=[InputFault("/url", fault)])


def _may_be_public(host: str) -> bool:
    """Say whether a host may be one of the open internet; what a name means is looked at when it is sent to."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
    return is_public(host)


def _refuse_grid(code: str | None, principal: Principal, work: UnitOfWork) -> None:
    if code is None:
        return
    refuse_unused_grid(code, work, pointer="/grid")
    if principal.scope is not None and not _lies_in_scope(code, principal, work):
        raise ForbiddenError(
            f"your scope is {principal.scope}; it does not hold {code}",
            code="outside-scope",
            members={"grids": [code]},
        )
