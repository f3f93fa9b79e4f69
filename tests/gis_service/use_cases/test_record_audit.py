import threading

import pytest
from sqlalchemy import create_engine, text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases import record_audit
from gis_service.use_cases.record_audit import AuditRecorder
from tests.support.acts import act

ALL = (-(2**63), 2**63 - 1)


@pytest.fixture
def open_work(own_database):
    engine = make_engine(own_database, pool_size=2, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    yield lambda: UnitOfWork(sessions)
    engine.dispose()


@pytest.fixture
def stored(open_work):
    def read():
        with open_work() as work:
            return [(one.event.act, one.event.request_id) for one in work.audit.rows_between(*ALL)]

    return read


def test_acts_are_written_in_their_order_and_whoever_waits_is_told(open_work, stored):
    """Three acts; the one that is waited for is durable when it is told."""
    recorder, durable = AuditRecorder(open_work, 100), threading.Event()
    recorder.start()

    recorder.put(act(1))
    recorder.put(act(2), durable.set)
    assert durable.wait(10)
    assert stored() == [("read", "request-1"), ("read", "request-2")]

    recorder.put(act(3))
    recorder.stop()
    assert stored()[2:] == [("read", "request-3")]
    assert (recorder.waiting, recorder.recorded) == (0, 3)


def test_while_the_database_takes_nothing_acts_wait(own_database, open_work, stored, monkeypatch):
    """The table is away: both acts wait, the third finds the queue full; then all that waited is there, in order."""
    monkeypatch.setattr(record_audit, "REST_S", 0.01)
    administrator = create_engine(own_database, isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text("ALTER TABLE audit_event RENAME TO put_away"))
        recorder, durable = AuditRecorder(open_work, 2), threading.Event()
        recorder.start()
        recorder.put(act(1))
        recorder.put(act(2), durable.set)
        assert recorder.is_full
        recorder.put_refusal(act(3, act="refusal"))
        assert (recorder.waiting, recorder.unrecorded, durable.is_set()) == (2, 1, False)
        connection.execute(text("ALTER TABLE put_away RENAME TO audit_event"))
    administrator.dispose()

    assert durable.wait(10)
    recorder.stop()
    assert stored() == [("read", "request-1"), ("read", "request-2"), ("unrecorded", "")]


def test_an_act_that_cannot_be_stored_does_not_hold_up_the_others(open_work, stored):
    """PostgreSQL takes no NUL: the record says that one is missing, and goes on."""
    recorder = AuditRecorder(open_work, 100)
    for one in (act(1), act(2, name="a\0b"), act(3)):
        recorder.put(one)

    recorder.start()
    recorder.stop()

    assert stored() == [("read", "request-1"), ("unrecorded", ""), ("read", "request-3")]
    assert recorder.unrecorded == 1
