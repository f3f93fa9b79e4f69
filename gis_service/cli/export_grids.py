"""``gis-service export grids``: the grids of an edition as a file."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer

from gis_service.cli.connect import open_work
from gis_service.errors import ServiceError
from gis_service.files.written_grids import write_grids
from gis_service.settings import Settings
from gis_service.use_cases.export_grids import export_grids

exports = typer.Typer(name="export", no_args_is_help=True, help="Hand out files.")

_EPSG = re.compile(r"(?:EPSG:)?(\d{4,5})", re.IGNORECASE)


@exports.callback()
def _group() -> None:
    """Keep ``grids`` a command of its own while it is the only one."""


@exports.command()
def grids(
    out: Annotated[Path, typer.Argument(help="GeoJSON, .gpkg, .shp or .parquet; what is there is replaced.")],
    *,
    edition: Annotated[int | None, typer.Option(min=1, help="This edition; the one in force by default.")] = None,
    at: Annotated[str | None, typer.Option(help="The edition in force then: 2026-05-01 or with time.")] = None,
    level: Annotated[str | None, typer.Option(help="Grids of this level only.")] = None,
    under: Annotated[str | None, typer.Option(help="This grid and those below it only.")] = None,
    crs: Annotated[str, typer.Option(help="EPSG:4326, EPSG:4490 or EPSG:4513 to 4554.")] = "EPSG:4326",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the grids of an edition; imported again, they are the same to the last digit.

    Exits 0 when the file is there, 2 when it cannot be written as asked.
    """
    settings = Settings()
    code = _EPSG.fullmatch(crs.strip())
    if code is None:
        raise typer.BadParameter("a code such as EPSG:4490 is needed", param_hint="--crs")
    try:
        instant = None if at is None else datetime.fromisoformat(at)
    except ValueError:
        raise typer.BadParameter("a date such as 2026-05-01 is needed", param_hint="--at") from None
    if instant is not None and instant.tzinfo is None:
        instant = instant.replace(tzinfo=ZoneInfo(settings.timezone))
    try:
        found, batches = export_grids(open_work(settings), edition=edition, at=instant, level=level, under=under)
        count = write_grids(out, batches, epsg=int(code[1]), head={"edition": found.number})
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    if as_json:
        told = {"file": str(out), "edition": found.number, "grids": count, "crs": f"EPSG:{code[1]}"}
        typer.echo(orjson.dumps(told))
    else:
        typer.echo(f"{out.name}: {count} grids of edition {found.number}, EPSG:{code[1]}.")
