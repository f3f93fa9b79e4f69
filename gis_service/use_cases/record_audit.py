"""Keep a record of acts without making each of them wait for the database."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice

import structlog

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.audit import AuditEvent, make_event
from gis_service.errors import UnavailableError

_log = structlog.get_logger(__name__)

MOST_AT_ONCE = 500
GATHER_S = 0.2
"""So long what nobody waits for is gathered before it is written."""

REST_S = 1.0
"""Between two tries while the database is away."""

Told = Callable[[], None]


class AuditRecorder:
    """A bounded queue of acts and the thread that writes it, in batches and in order.

    While the database is away acts stay in the queue.  Who wants to act asks ``is_full`` first, and does not act when
    it is; an act that was begun before is taken all the same, so that the bound is passed by as many as there are
    requests at once.

    Args:
        open_work: returns a transaction, not yet begun.
        most: acts that may wait.
    """

    def __init__(self, open_work: Callable[[], UnitOfWork], most: int) -> None:
        self._open_work, self._most = open_work, most
        self._waiting: deque[tuple[AuditEvent, Told | None]] = deque()
        self._ring = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._missed = 0
        self.recorded = 0
        self.unrecorded = 0

    @property
    def is_full(self) -> bool:
        """Say whether no further act should begin."""
        return len(self._waiting) >= self._most

    @property
    def waiting(self) -> int:
        """Return how many acts are still to be written."""
        return len(self._waiting)

    def put(self, event: AuditEvent, told: Told | None = None) -> None:
        """Take an act into the queue; ``told`` is called, in the thread that writes, once it is durable."""
        self._waiting.append((event, told))
        if told is not None:
            self._ring.set()

    def put_refusal(self, event: AuditEvent) -> None:
        """Take a refusal into the queue; when it is full, count it alone."""
        if self.is_full:
            self._missed += 1
            self.unrecorded += 1
        else:
            self.put(event)

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._write_always, name="audit", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end; what the database does not take then is lost, and the log tells how much."""
        self._stopping = True
        self._ring.set()
        if self._thread is not None:
            self._thread.join()

    def _write_always(self) -> None:
        while not self._stopping:
            self._ring.wait(GATHER_S)
            self._ring.clear()
            if not self._write_waiting() and not self._stopping:
                threading.Event().wait(REST_S)
        if not self._write_waiting():
            _log.error("acts are lost: the database is away", acts=len(self._waiting))

    def _write_waiting(self) -> bool:
        """Write until nothing waits; False when the database is away."""
        if self._missed and not self.is_full:
            missed, self._missed = self._missed, 0
            self.put(_unrecorded(missed))
        while self._waiting:
            batch = list(islice(self._waiting, MOST_AT_ONCE))
            try:
                self._write([event for event, _ in batch])
            except UnavailableError as error:
                _log.warning("acts wait to be recorded", acts=len(self._waiting), error=error.detail)
                return False
            except Exception as error:  # noqa: BLE001 - one that cannot be stored must not hold up all others
                _log.error("a batch of acts was not taken", error=repr(error))
                if not self._write_first():
                    return False
            else:
                self._tell(len(batch))
        return True

    def _tell(self, written: int) -> None:
        # Taken from the queue only now that they are durable: until then they count as waiting.
        for _ in range(written):
            _, told = self._waiting.popleft()
            if told is not None:
                told()

    def _write_first(self) -> bool:
        """Write the first act alone, or that there was one which cannot be; False when the database takes neither."""
        event, _ = self._waiting[0]
        try:
            self._write([event])
        except Exception as error:  # noqa: BLE001 - is it the act, or the database?
            try:
                self._write([_unrecorded(1)])
            except Exception as other:  # noqa: BLE001 - not migrated, or no right to insert: the log has to say so
                _log.error("acts wait to be recorded", acts=len(self._waiting), error=repr(other))
                return False
            _log.error("an act was not recorded", request_id=event.request_id, error=repr(error))
            self.unrecorded += 1
        self._tell(1)
        return True

    def _write(self, events: list[AuditEvent]) -> None:
        with self._open_work() as work:
            work.audit.add(events)
            work.commit()
        self.recorded += len(events)


def _unrecorded(count: int) -> AuditEvent:
    nobody = ("gis-service", "service", None, None)
    return make_event(datetime.now(UTC), "unrecorded", nobody, ("", "", (), ""), (count, ()), "", 0, "")
