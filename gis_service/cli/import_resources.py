"""``gis-service import resources``: stocks and places that help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from gis_service.bulk.resource_file import read_kind_file, read_resource_file
from gis_service.cli.acting import CLI
from gis_service.cli.connect import open_rehearsal
from gis_service.cli.connect import open_work as open_for_good
from gis_service.cli.import_grids import imports
from gis_service.errors import ServiceError
from gis_service.settings import Settings
from gis_service.use_cases.put_resources import PutResources, put_resource_kinds, put_resources

SHOWN = 20


@imports.command()
def resources(
    file: Annotated[
        Path, typer.Argument(help="CSV in UTF-8 or GB 18030, GeoJSON, GeoPackage, Shapefile, GeoParquet.")
    ],
    *,
    kinds: Annotated[Path | None, typer.Option(help="CSV of kinds to put first: code, name, name_en.")] = None,
    layer: Annotated[str | None, typer.Option(help="Which layer of FILE; the first by default.")] = None,
    crs: Annotated[str | None, typer.Option(help="The system of coordinates that do not say it: gcj02.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, and take it back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put the stocks of a file in the place of those with their codes or beside them, all rows or none.

    Exits 0 when all are stored, 2 when the file or a row cannot be used: each fault is told with its line.
    """
    try:
        done = _put(file, kinds, layer, crs, dry_run=dry_run)
    except ServiceError as error:
        if as_json:
            told = [{"row": one.pointer, "detail": one.detail} for one in error.faults]
            typer.echo(orjson.dumps({"file": str(file), "dry_run": dry_run, "code": error.code, "faults": told}))
        typer.echo(error.detail, err=True)
        if not as_json:
            for fault in error.faults[:SHOWN]:
                typer.echo(f"  {fault.pointer}: {fault.detail}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        counts = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged, "outside": done.outside}
        typer.echo(orjson.dumps({"file": str(file), "dry_run": dry_run, **counts}))
        return
    typer.echo(f"{done.added} added, {done.changed} changed, {done.unchanged} as they were, of {file.name}.")
    if done.outside:
        typer.echo(f"Outside every grid: {', '.join(done.outside[:SHOWN])}.  以上不在任何网格内。")
    if dry_run:
        typer.echo("This was a rehearsal: nothing is stored. 仅为试运行，未写入任何数据。")


def _put(file: Path, kinds: Path | None, layer: str | None, crs: str | None, *, dry_run: bool) -> PutResources:
    # Kinds go with their rows: a rehearsal takes them back, and where a row is at fault none is stored.
    settings = Settings()
    given = [] if kinds is None else read_kind_file(kinds)
    rows = list(read_resource_file(file, layer=layer, crs=crs))
    with open_rehearsal(settings) as rehearsal:
        put_resource_kinds(given, rehearsal)
        done = put_resources(rows, CLI, rehearsal, replace=True)
    if not dry_run:
        work = open_for_good(settings)
        put_resource_kinds(given, work)
        done = put_resources(rows, CLI, work, replace=True)
    return done
