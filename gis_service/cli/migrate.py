"""``gis-service migrate``."""

from __future__ import annotations

from gis_service.app import database_url
from gis_service.cli.connect import connect
from gis_service.database import migrate as migrations
from gis_service.settings import Settings


def migrate() -> None:
    """Bring the database's schema to what this version needs; does nothing when it is there already."""
    engine = connect(database_url(Settings()))
    before = migrations.current_revision(engine)
    migrations.upgrade(engine)
    after = migrations.current_revision(engine)
    print(f"schema at {after}" if before == after else f"schema brought from {before or 'nothing'} to {after}")
