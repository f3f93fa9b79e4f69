"""``gis-service db``: the embedded database, and backups of any."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gis_service.cli.connect import connect
from gis_service.database.backup import back_up, restore
from gis_service.database.embedded import ClusterStatus, EmbeddedCluster
from gis_service.database.engine import make_session_factory
from gis_service.database.service_role import make_service_role
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import ServiceError
from gis_service.settings import Settings
from gis_service.use_cases.keep_incident_months import make_months_ahead

db = typer.Typer(
    name="db",
    help="The embedded database, a private PostgreSQL with PostGIS in GIS_HOME (.gis by default); backups of any.",
    no_args_is_help=True,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@db.command()
def start(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Names the socket; 5432 by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Start the database, making it first when it is not there, and print its URL."""
    with _told_in_one_line():
        cluster = _cluster(port)
        url = cluster.start()
        print(_as_json(cluster.status()) if as_json else url)


@db.command()
def stop() -> None:
    """Stop the database; its data stay."""
    with _told_in_one_line():
        _cluster().stop()


@db.command()
def status(as_json: AsJson = False) -> None:
    """Tell whether the database runs, what it is and where its data lie; exit 3 when it is stopped."""
    with _told_in_one_line():
        found = _cluster().status()
    print(_as_json(found) if as_json else _as_text(found))
    if not found.running:
        raise typer.Exit(3)  # as systemctl and the LSB init scripts answer for a service that is not running


@db.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to write it; replaced when it is there.")]) -> None:
    """Write the whole database into one file; the service may run meanwhile."""
    with _told_in_one_line():
        back_up(_url(), file)


@db.command("restore")
def restore_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What backup wrote.")],
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there.")] = False,
) -> None:
    """Fill an empty database from a backup; stop the service first."""
    with _told_in_one_line():
        restore(_url(), file, replace=replace)


@db.command()
def role() -> None:
    """Make or renew the role gis_app, which cannot change records, and the months ahead, which take the owner.

    Make a login role for the service with IN ROLE gis_app; migrate with the owner of the tables, as before.
    """
    with _told_in_one_line():
        url = _url()
        make_service_role(url)
        make_months_ahead(datetime.now(UTC), UnitOfWork(make_session_factory(connect(url))))
    print("the role gis_app is ready: CREATE ROLE … LOGIN PASSWORD … IN ROLE gis_app")


def _url() -> str:
    return Settings().database_url or _cluster().start()


def _cluster(port: int | None = None) -> EmbeddedCluster:
    return EmbeddedCluster(Settings().home / "postgres", port)


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    try:
        yield
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from None


def _as_json(found: ClusterStatus) -> str:
    return json.dumps(dataclasses.asdict(found), default=str)


def _as_text(found: ClusterStatus) -> str:
    facts = {
        "state": "running" if found.running else "stopped",
        "url": found.url,
        "PostgreSQL": found.version,
        "PostGIS": found.postgis_version,
        "process": found.pid,
        "port": found.port,
        "data": found.data_directory,
        "size": None if found.size_bytes is None else f"{found.size_bytes / 1_000_000:.0f} MB",
    }
    return "\n".join(f"{name:10}  {fact}" for name, fact in facts.items() if fact is not None)
