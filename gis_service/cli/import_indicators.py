"""``gis-service import indicators``: values measured by grid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from gis_service.api.schemas_indicators import import_json
from gis_service.cli.acting import CLI
from gis_service.cli.connect import open_work
from gis_service.cli.import_grids import imports
from gis_service.domain.indicator_view import write_period
from gis_service.errors import ServiceError
from gis_service.files.indicator_files import VALUE_FORM, read_indicator_file
from gis_service.settings import Settings
from gis_service.use_cases.import_indicators import GivenValues, import_indicators


@imports.command()
def indicators(
    file: Annotated[Path, typer.Argument(help="FILE.csv (UTF-8 or GB 18030) or FILE.json.")],
    *,
    indicator: Annotated[str | None, typer.Option(help="Of rows that name none; no row may name another.")] = None,
    source: Annotated[str, typer.Option(help="Of rows that name none.")] = "import",
    edition: Annotated[
        int | None, typer.Option(min=1, help="On whose grids they were measured; the one in force by default.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, and take it back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Store values of indicators by grid and period, all rows or none, and roll them up the tree.

    The columns are indicator, grid_code, period (or since and until), value, source, is_estimated.  A file that is
    imported again changes nothing.  Exits 1 when rows are at fault, 2 when the file cannot be used.
    """
    try:
        body = file.read_bytes()
        rows = read_indicator_file(VALUE_FORM, body, None if file.suffix.lower() == ".json" else "")
    except OSError as error:
        typer.echo(f"{file}: cannot be read: {error.strerror}", err=True)
        raise typer.Exit(2) from None
    except ServiceError as error:
        _tell(error)
        raise typer.Exit(2) from None
    given = GivenValues(rows.rows, rows.lines, indicator, source, edition)
    try:
        number, told = import_indicators(given, CLI, open_work(Settings()), dry_run=dry_run)
    except ServiceError as error:
        _tell(error)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(orjson.dumps(import_json(number, told, dry_run=dry_run)))
        return
    for one in told:
        counts = f"{one.added} added, {one.changed} changed, {one.unchanged} unchanged, {one.rolled_up} rolled up"
        typer.echo(f"{one.indicator} {write_period(one.since, one.until)} of edition {number}: {counts}")
    if dry_run:
        typer.echo("This was a rehearsal: nothing is stored. 仅为试运行，未写入任何数据。")


def _tell(error: ServiceError) -> None:
    typer.echo(error.detail, err=True)
    for fault in error.faults:
        typer.echo(f"{fault.pointer}: {fault.detail}", err=True)
