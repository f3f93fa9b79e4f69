from __future__ import annotations

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, exc, inspect, text

from gis_service.database import migrate
from tests.conftest import make_database


@pytest.fixture
def empty_engine(server_url):
    engine = create_engine(make_database(server_url, "gis_migrations"))
    yield engine
    engine.dispose()


def test_the_schema_goes_up_down_and_up_again(empty_engine):
    """From nothing to head: 20 tables and more; down: none of ours left; up: at head once more."""
    migrate.upgrade(empty_engine)
    assert "incident_event" in inspect(empty_engine).get_table_names()

    migrate.downgrade(empty_engine)
    left = set(inspect(empty_engine).get_table_names()) - {"spatial_ref_sys", "alembic_version"}
    assert left == set()
    assert migrate.current_revision(empty_engine) is None

    migrate.upgrade(empty_engine)
    assert migrate.current_revision(empty_engine) == migrate.head_revision()


def test_tables_and_migrations_say_the_same(empty_engine):
    """The drift check proposes nothing, not even to drop PostGIS's own tables."""
    migrate.upgrade(empty_engine)

    assert migrate.find_drift(empty_engine) == []


def test_a_difference_between_tables_and_database_is_found(empty_engine):
    """A column dropped by hand is named."""
    migrate.upgrade(empty_engine)
    with empty_engine.begin() as connection:
        connection.execute(text("ALTER TABLE plan DROP COLUMN title"))

    [difference] = migrate.find_drift(empty_engine)

    assert "title" in difference


def test_there_is_one_head():
    """Two heads would leave the order of migrations to chance."""
    scripts = ScriptDirectory.from_config(migrate._config())

    assert len(scripts.get_heads()) == 1


@pytest.mark.parametrize("statement", ["UPDATE incident_event SET reason = 'changed'", "DELETE FROM incident_event"])
def test_the_log_of_incidents_cannot_be_rewritten(engine, statement):
    """UPDATE and DELETE are refused by the database itself."""
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO category VALUES ('hazard', '安全隐患', 'hazard')"))
        connection.execute(
            text(
                "INSERT INTO incident (id, state, category, severity, channel, description, occurred_at, reported_by,"
                " chain, located_by, explain) VALUES (gen_random_uuid(), 'unlocated', 'hazard', 'general', 'patrol',"
                " 'x', now(), 'x', '{}', 'nowhere', '[]')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO incident_event (incident_id, kind, actor, to_state)"
                " SELECT id, 'reported', 'x', state FROM incident"
            )
        )

        with pytest.raises(exc.IntegrityError, match="append-only"):
            connection.execute(text(statement))
