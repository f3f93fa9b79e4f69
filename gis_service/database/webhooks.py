"""Webhooks, how far each is, and the events given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from gis_service.database.tables import incident_event, webhook, webhook_dead_letter
from gis_service.domain.access import Principal
from gis_service.domain.incident_feed import FeedEvent, FeedFilter
from gis_service.domain.webhook import DeadLetter, Webhook

_PLAIN = (
    "id", "url", "secret", "created_at", "paused_at", "position", "tries", "next_try_at", "delivered", "failures",
    "last_success_at", "last_failure_at", "last_error",
)  # fmt: skip
_LETTERS = (
    select(func.count()).where(webhook_dead_letter.c.webhook_id == webhook.c.id).correlate(webhook).scalar_subquery()
)
_LETTER = tuple(column for column in webhook_dead_letter.c if column.name != "webhook_id")


def _to_webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        **{name: getattr(row, name) for name in _PLAIN},
        wanted=FeedFilter(tuple(row.kinds), row.grid, row.category),
        made_by=Principal(row.created_by, row.role, row.scope),
        dead_letters=row.dead_letters,
    )


class WebhookRepository:
    """Rows of ``webhook`` and ``webhook_dead_letter``.

    Who delivers holds a lease by the database's clock; all that is noted of a delivery is noted by its holder alone.
    The times of retries are the caller's.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, *, id: UUID, url: str, secret: str, wanted: FeedFilter, made_by: Principal, position: int) -> None:  # noqa: A002 - the column
        """Store a new webhook, which begins after a position."""
        self._session.execute(
            insert(webhook).values(
                id=id,
                url=url,
                secret=secret,
                kinds=list(wanted.kinds),
                grid=wanted.grid,
                category=wanted.category,
                created_by=made_by.name,
                role=made_by.role,
                scope=made_by.scope,
                position=position,
            )
        )

    def list_all(self) -> list[Webhook]:
        """Return every webhook, the oldest first."""
        return [_to_webhook(row) for row in self._session.execute(_webhooks().order_by(webhook.c.id))]

    def get(self, webhook_id: UUID) -> Webhook | None:
        """Return one webhook; None when it is not there."""
        row = self._session.execute(_webhooks().where(webhook.c.id == webhook_id)).one_or_none()
        return None if row is None else _to_webhook(row)

    def remove(self, webhook_id: UUID) -> None:
        """Delete a webhook with its dead letters."""
        self._session.execute(delete(webhook).where(webhook.c.id == webhook_id))

    def pause(self, webhook_id: UUID) -> None:
        """Send nothing more for now; the instant of the first pause stays."""
        self._change(webhook_id, paused_at=func.coalesce(webhook.c.paused_at, func.now()))

    def resume(self, webhook_id: UUID) -> None:
        """Go on at once, with all tries."""
        self._change(webhook_id, paused_at=None, tries=0, next_try_at=None)

    def rewind(self, webhook_id: UUID, position: int) -> None:
        """Begin again after a position; who delivers at present notes nothing more."""
        self._change(webhook_id, position=position, tries=0, next_try_at=None, leased_by=None, leased_until=None)

    def due(self, now: datetime) -> list[UUID]:
        """Return the webhooks for which there is something to do, that nobody holds."""
        newest = select(func.max(incident_event.c.position)).scalar_subquery()
        asked = exists().where(webhook_dead_letter.c.webhook_id == webhook.c.id, webhook_dead_letter.c.is_asked)
        query = select(webhook.c.id).where(
            webhook.c.paused_at.is_(None),
            or_(webhook.c.next_try_at.is_(None), webhook.c.next_try_at <= now),
            _is_free(),
            or_(webhook.c.position < newest, asked),
        )
        return list(self._session.scalars(query.order_by(webhook.c.id)))

    def claim(self, webhook_id: UUID, holder: UUID, lease_s: float, now: datetime) -> Webhook | None:
        """Take the lease of a webhook that nobody holds; None when it cannot be had or there is nothing to do yet."""
        query = update(webhook).where(
            webhook.c.id == webhook_id,
            _is_free(),
            webhook.c.paused_at.is_(None),
            or_(webhook.c.next_try_at.is_(None), webhook.c.next_try_at <= now),
        )
        taken = self._session.execute(query.values(leased_by=holder, leased_until=_until(lease_s)))
        return self.get(webhook_id) if taken.rowcount else None  # type: ignore[attr-defined]

    def note(self, webhook_id: UUID, holder: UUID, lease_s: float, **values: object) -> bool:
        """Write down what came of a delivery, and hold the lease for longer.

        Returns:
            Whether the holder may go on: it holds the lease still, and the webhook is not paused.
        """
        mine = update(webhook).where(webhook.c.id == webhook_id, webhook.c.leased_by == holder)
        noted = mine.values(leased_until=_until(lease_s), **values).returning(webhook.c.paused_at)
        row = self._session.execute(noted).one_or_none()
        return row is not None and row.paused_at is None

    def note_delivered(self, webhook_id: UUID, holder: UUID, lease_s: float, now: datetime, **values: object) -> bool:
        """Write down that an event was taken; as ``note``."""
        return self.note(
            webhook_id,
            holder,
            lease_s,
            delivered=webhook.c.delivered + 1,
            last_success_at=now,
            tries=0,
            next_try_at=None,
            **values,
        )

    def note_failed(
        self, webhook_id: UUID, holder: UUID, lease_s: float, now: datetime, error: str, **values: object
    ) -> bool:
        """Write down that an event was not taken; as ``note``."""
        return self.note(
            webhook_id,
            holder,
            lease_s,
            failures=webhook.c.failures + 1,
            last_failure_at=now,
            last_error=error,
            **values,
        )

    def release(self, webhook_id: UUID, holder: UUID) -> None:
        """Give the lease back, if it is still held."""
        mine = update(webhook).where(webhook.c.id == webhook_id, webhook.c.leased_by == holder)
        self._session.execute(mine.values(leased_by=None, leased_until=None))

    def bury(self, webhook_id: UUID, event: FeedEvent, tries: int, error: str, now: datetime) -> None:
        """Add an event to the dead letters; one that was there before a replay is told of anew."""
        self._session.execute(delete(webhook_dead_letter).where(_is_letter(webhook_id, [event.event.id])))
        self._session.execute(
            insert(webhook_dead_letter).values(
                webhook_id=webhook_id,
                event_id=event.event.id,
                position=event.position,
                incident_id=event.event.incident_id,
                tries=tries,
                failed_at=now,
                error=error,
            )
        )

    def dead_letters(
        self, webhook_id: UUID, *, after: int = 0, limit: int, is_asked: bool | None = None
    ) -> list[DeadLetter]:
        """Return dead letters in the order of the feed, after a position; with ``is_asked`` only such."""
        query = select(*_LETTER).where(
            webhook_dead_letter.c.webhook_id == webhook_id, webhook_dead_letter.c.position > after
        )
        if is_asked is not None:
            query = query.where(webhook_dead_letter.c.is_asked == is_asked)
        rows = self._session.execute(query.order_by(webhook_dead_letter.c.position).limit(limit))
        return [DeadLetter(**row) for row in rows.mappings()]

    def ask_again(self, webhook_id: UUID, event_ids: Sequence[int] | None) -> int:
        """Let dead letters be sent again, all of them for None; return how many that are."""
        query = update(webhook_dead_letter).where(_is_letter(webhook_id, event_ids)).values(is_asked=True)
        return int(self._session.execute(query).rowcount)  # type: ignore[attr-defined]

    def bury_again(self, webhook_id: UUID, event_id: int, error: str, now: datetime) -> None:
        """Write down that a dead letter was not taken this time either; it has to be asked for again."""
        query = update(webhook_dead_letter).where(_is_letter(webhook_id, [event_id]))
        self._session.execute(
            query.values(is_asked=False, tries=webhook_dead_letter.c.tries + 1, error=error, failed_at=now)
        )

    def drop_letter(self, webhook_id: UUID, event_id: int) -> None:
        """Remove a dead letter that was taken."""
        self._session.execute(delete(webhook_dead_letter).where(_is_letter(webhook_id, [event_id])))

    def _change(self, webhook_id: UUID, **values: object) -> None:
        self._session.execute(update(webhook).where(webhook.c.id == webhook_id).values(**values))


def _webhooks() -> Select[Any]:
    return select(webhook, _LETTERS.label("dead_letters"))


def _is_free() -> ColumnElement[bool]:
    return or_(webhook.c.leased_until.is_(None), webhook.c.leased_until < func.clock_timestamp())


def _until(lease_s: float) -> ColumnElement[Any]:
    return func.clock_timestamp() + timedelta(seconds=lease_s)


def _is_letter(webhook_id: UUID, event_ids: Sequence[int] | None) -> ColumnElement[bool]:
    of_webhook = webhook_dead_letter.c.webhook_id == webhook_id
    return of_webhook if event_ids is None else and_(of_webhook, webhook_dead_letter.c.event_id.in_(event_ids))
