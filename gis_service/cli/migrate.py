"""``gis-service migrate``."""

from __future__ import annotations

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gis_service.app import database_url
from gis_service.cli.connect import connect
from gis_service.database import migrate as migrations
from gis_service.database.engine import make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.settings import Settings
from gis_service.use_cases.generalise_edition import generalise_stored


def migrate() -> None:
    """Bring the database's schema to what this version needs; does nothing when it is there already.

    Then make the generalised shapes of editions that have none; until that is done, tiles draw grids as they are.
    """
    engine = connect(database_url(Settings()))
    before = migrations.current_revision(engine)
    migrations.upgrade(engine)
    after = migrations.current_revision(engine)
    print(f"schema at {after}" if before == after else f"schema brought from {before or 'nothing'} to {after}")
    _generalise(UnitOfWork(make_session_factory(engine)))


def _generalise(work: UnitOfWork) -> None:
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), transient=True) as progress:
        task = progress.add_task("generalised shapes", total=None)
        count = generalise_stored(work, lambda done, of: progress.update(task, completed=done, total=of))
    if count:
        print(f"generalised shapes made for {count} edition(s); restart running workers to serve them")
