"""``gis-service export buildings``: the registry as a file, in the columns that an import reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from gis_service.cli.connect import open_work
from gis_service.cli.export_grids import exports
from gis_service.errors import ServiceError
from gis_service.files.written_buildings import write_buildings
from gis_service.settings import Settings
from gis_service.use_cases.export_buildings import export_buildings


@exports.command()
def buildings(
    out: Annotated[Path, typer.Argument(help=".csv, .xlsx, .geojson, .gpkg, .zip (Shapefile) or .parquet.")],
    *,
    grid: Annotated[str | None, typer.Option(help="Buildings of this grid and those below it only.")] = None,
    edition: Annotated[int | None, typer.Option(min=1, help="Owners in this edition; the one in force.")] = None,
    footprints: Annotated[bool, typer.Option("--footprints", help="Outlines as well, as WKT in tables.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the standing buildings by code; imported into an empty registry, they are the same.

    Exits 0 when the file is there, 2 when it cannot be written as asked.
    """
    try:
        number, pages = export_buildings(
            open_work(Settings()), edition=edition, grid=grid, with_footprints=footprints
        )
        count = write_buildings(out, pages, with_footprints=footprints, head={"edition": number})
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(orjson.dumps({"file": str(out), "edition": number, "buildings": count}))
    else:
        typer.echo(f"{out.name}: {count} buildings with their owners in edition {number}.")
