"""Sends webhooks: a thread for each that has something to be sent, so that none waits for another."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from uuid import UUID, uuid4

import orjson
import structlog

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.incident_feed import FeedEvent
from gis_service.domain.webhook import Lag, Webhook, sign
from gis_service.feed.receiver import Receiver
from gis_service.use_cases.deliver_webhook import Deliverer, deliver_webhook
from gis_service.use_cases.keep_webhooks import measure_webhooks

POLL_S = 1.0
"""Between two looks for what is due, when the feed does not move."""

REST_S = 0.1
"""Between two looks at least."""

MEASURED_EVERY_S = 10.0

_log = structlog.get_logger(__name__)


class WebhookSender:
    """Sends to all webhooks of the database, shared with other processes: one at a time holds a webhook.

    ``figures`` are how each does, as of a moment ago.
    """

    def __init__(
        self, open_work: Callable[[], UnitOfWork], *, timeout_s: float, most_tries: int, allow_private: bool
    ) -> None:
        self._open_work = open_work
        self._timeout_s = timeout_s
        self._most_tries = most_tries
        self._allow_private = allow_private
        self._name = uuid4()
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._sending: dict[UUID, tuple[threading.Thread, Turn]] = {}
        self._is_away = False
        self._measured_at = -MEASURED_EVERY_S
        self.figures: list[tuple[Webhook, Lag]] = []

    def start(self) -> None:
        """Begin to send."""
        self._thread = threading.Thread(target=self._run, name="webhook-sender", daemon=True)
        self._thread.start()

    def ring(self) -> None:
        """Look at once for what is due; may be called from any thread."""
        self._bell.set()

    def stop(self) -> None:
        """Hang up on all turn, and wait for the threads.  Does nothing before ``start()``."""
        if self._thread is None:
            return
        self._stopping.set()
        self._bell.set()
        self._thread.join()
        self._thread = None
        under_way = list(self._sending.values())
        for _, turn in under_way:
            turn.cut()
        for thread, _ in under_way:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._bell.wait(POLL_S)
            self._bell.clear()
            try:
                self._look()
                self._is_away = False
            except Exception as error:  # noqa: BLE001 - it goes on when the database answers
                (_log.debug if self._is_away else _log.warning)("webhooks not looked at", error=repr(error))
                self._is_away = True
            self._stopping.wait(REST_S)

    def _look(self) -> None:
        with self._open_work() as work:
            due = work.webhooks.due(datetime.now(UTC))
        for webhook_id in due:
            running = self._sending.get(webhook_id)
            if running is None or not running[0].is_alive():
                turn = Turn(self._timeout_s, allow_private=self._allow_private)
                thread = threading.Thread(target=self._send, args=(webhook_id, turn), name="webhook", daemon=True)
                self._sending[webhook_id] = thread, turn
                thread.start()
        if time.monotonic() >= self._measured_at + MEASURED_EVERY_S:
            self._measured_at = time.monotonic()
            self.figures = measure_webhooks(self._open_work())

    def _send(self, webhook_id: UUID, turn: Turn) -> None:
        by = Deliverer(
            holder=self._name,
            post=turn.post,
            open_work=self._open_work,
            clock=lambda: datetime.now(UTC),
            chance=random.random,
            # Twice, since a kept connection that was closed is tried anew, and the name has to be resolved.
            lease_s=2 * self._timeout_s + 2,
            most_tries=self._most_tries,
            is_over=self._stopping.is_set,
        )
        try:
            with turn:
                deliver_webhook(webhook_id, by)
        except Exception as error:  # noqa: BLE001 - it is due still, and tried again
            _log.warning("webhook not sent", webhook=str(webhook_id), error=repr(error))


class Turn:
    """The posts of one turn, over one connection that begins with the first."""

    def __init__(self, timeout_s: float, *, allow_private: bool) -> None:
        self._timeout_s = timeout_s
        self._allow_private = allow_private
        self._open = ExitStack()
        self._receiver: Receiver | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._open.close()

    def post(self, webhook: Webhook, event: FeedEvent) -> str | None:
        """Send an event, signed; return None when it was taken, else why not."""
        if self._receiver is None:
            made = Receiver(webhook.url, timeout_s=self._timeout_s, allow_private=self._allow_private)
            self._receiver = self._open.enter_context(made)
        body = orjson.dumps(event.as_json(), option=orjson.OPT_UTC_Z)
        return self._receiver.post(body, headers_of(webhook, event, body, int(time.time())))

    def cut(self) -> None:
        """End the post under way; may be called from any thread."""
        if self._receiver is not None:
            self._receiver.cut()


def headers_of(webhook: Webhook, event: FeedEvent, body: bytes, timestamp: int) -> dict[str, str]:
    """Return the headers of a message (Standard Webhooks 1.0.0); its id is that of the event."""
    message_id = str(event.event.id)
    return {
        "Content-Type": "application/json",
        "User-Agent": f"gis-service/{version('gis-service')}",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(webhook.secret, message_id, timestamp, body),
    }
