"""The schema's version: up, down, and whether tables and migrations say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, Engine, ForeignKeyConstraint, text
from sqlalchemy.schema import SchemaItem

from gis_service.database.tables import metadata

_PACKAGE = Path(__file__).resolve().parent.parent


def _config(connection: Connection | None = None) -> Config:
    # In a checkout the migrations lie beside the package, in an installed wheel inside it.
    inside, beside = _PACKAGE / "_migrations", _PACKAGE.parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(inside if inside.is_dir() else beside))
    config.attributes["connection"] = connection
    return config


def is_ours(item: SchemaItem, *described: Any) -> bool:  # noqa: ANN401 - Alembic knows what it says
    """Tell Alembic whether ``tables.py`` speaks of something, which it does not of PostGIS's own tables.

    Nor of the copies of a foreign key that PostgreSQL keeps for each part that it leads to.
    """
    if isinstance(item, ForeignKeyConstraint) and item.elements[0].target_fullname.startswith("incident_months."):
        return False
    return bool(alembic_helpers.include_object(item, *described))  # type: ignore[no-untyped-call]


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to a revision; does nothing when it is there already."""
    with engine.connect() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
        connection.commit()
        command.upgrade(_config(connection), revision)
        connection.commit()


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the schema down to a revision; data of what is dropped is gone."""
    with engine.connect() as connection:
        command.downgrade(_config(connection), revision)
        connection.commit()


def current_revision(engine: Engine) -> str | None:
    """Return the revision that the database is at; None when it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """Return the revision that this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        msg = "no migrations are packed with this program"
        raise RuntimeError(msg)
    return head


def find_drift(engine: Engine) -> list[str]:
    """Return what differs between the database and ``tables.py``; empty when they agree."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": is_ours,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        return [repr(difference) for difference in compare_metadata(context, metadata)]
