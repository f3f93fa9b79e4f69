"""``gis-service import incidents``: a record of the past."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from gis_service.bulk.past_incidents import PastIncidentFile
from gis_service.cli.connect import open_rehearsal, open_work
from gis_service.cli.import_grids import imports
from gis_service.errors import ServiceError
from gis_service.settings import Settings
from gis_service.use_cases.import_history import import_history
from gis_service.use_cases.locate_past import locate_past


@imports.command()
def incidents(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8 or GB 18030, with a line of column names.")],
    *,
    source: Annotated[str, typer.Option(help="The system it comes from; its numbers are its own.")] = "import",
    until: Annotated[
        datetime | None, typer.Option(help="The end of the record, in GIS_TIMEZONE; now by default.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, and take it back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Store incidents of the past with the events that led to their state, owned by the editions of their time.

    Every row is read before the first is stored.  A row whose external_id is stored already is passed over, so a
    run that was broken off goes on when it is run again.  Exits 2 when the file cannot be used.
    """
    settings = Settings()
    zone = ZoneInfo(settings.timezone)
    screen = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    quiet = as_json or not screen.is_terminal
    try:
        with (
            open_rehearsal(settings) if dry_run else nullcontext(open_work(settings)) as work,
            Progress(*columns, console=screen, transient=True, disable=quiet) as bars,
        ):
            bar = bars.add_task(f"reading {file.name}", total=None)
            record = PastIncidentFile(file, zone)
            bars.update(bar, description="storing", total=record.check())
            done = import_history(
                record.rows(),
                locate_many=locate_past(work),
                zone=zone,
                until=datetime.now(UTC) if until is None else until.replace(tzinfo=zone),
                work=work,
                reported_by=source,
                progress=lambda rows: bars.update(bar, completed=rows),
            )
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    if as_json:
        told = {"file": str(file), "dry_run": dry_run, "stored": done.stored, "known": done.known}
        typer.echo(orjson.dumps(told))
        return
    typer.echo(f"Stored {done.stored} incidents of {file.name}; {done.known} were there already.")
    if dry_run:
        typer.echo("This was a rehearsal: nothing is stored. 仅为试运行，未写入任何数据。")
