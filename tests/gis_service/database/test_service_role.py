import pytest
import sqlalchemy
from sqlalchemy import create_engine, exc, text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.service_role import make_service_role
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.seal_audit import seal_audit
from gis_service.use_cases.verify_audit import verify_audit
from tests.support.acts import BEGAN, act, record
from tests.support.desk import prepare
from tests.support.reports import report

NO_RIGHT = "permission denied|must be owner"

NO_RIGHT = r"permission denied|must be owner"


@pytest.fixture
def service_url(own_database):
    """The database as a login role sees it that has the rights of gis_app alone."""
    make_service_role(own_database)
    make_service_role(own_database)  # after each migration
    owner = create_engine(own_database, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS gis_tester"))
        connection.execute(text("CREATE ROLE gis_tester LOGIN IN ROLE gis_app"))
    yield sqlalchemy.make_url(own_database).set(username="gis_tester")
    with owner.connect() as connection:
        connection.execute(text("DROP OWNED BY gis_app"))
        connection.execute(text("DROP ROLE gis_tester"))
    owner.dispose()


def test_the_service_records_and_seals_but_changes_nothing(own_database, service_url):
    """It reports an incident, records, seals and verifies; UPDATE, DELETE and TRUNCATE lack the right."""
    prepare_as_owner(own_database)
    engine = make_engine(service_url.render_as_string(hide_password=False), pool_size=2, statement_timeout_ms=9000)
    work = UnitOfWork(make_session_factory(engine))

    report(work)
    record(work, [act(1), act(2)])
    seal_audit(lambda: BEGAN, lambda: work)

    assert verify_audit(None, None, (), work).rows == 2
    for statement in (
        "UPDATE audit_event SET name = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_seal SET count = 0",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_seal",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ):
        with (
            engine.connect() as connection,
            pytest.raises(exc.ProgrammingError, match=NO_RIGHT),
        ):
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("table", ["audit_event", "audit_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET count = 0", "DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_the_owner_changes_the_record_in_passing(engine, table, statement):
    """Triggers refuse, whether or not there are rows."""
    with engine.connect() as connection, pytest.raises(exc.IntegrityError, match="append-only"):
        connection.execute(text(statement.format(table)))


def prepare_as_owner(url):
    engine = make_engine(url, pool_size=1, statement_timeout_ms=30_000)
    prepare(UnitOfWork(make_session_factory(engine)))
    engine.dispose()
