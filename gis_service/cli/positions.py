"""``gis-service positions``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer

from gis_service.cli.connect import open_work
from gis_service.settings import Settings
from gis_service.use_cases.forget_positions import first_kept_day, forget_positions

positions = typer.Typer(no_args_is_help=True, help="Where staff were.")


@positions.callback()
def _group() -> None:
    pass


@positions.command()
def sweep(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Delete positions older than GIS_POSITIONS_KEPT_DAYS: what a running service does itself, every hour."""
    settings = Settings()
    zone, now, kept = ZoneInfo(settings.timezone), datetime.now(UTC), settings.positions_kept_days
    deleted = forget_positions(now, zone, kept, open_work(settings))
    first = first_kept_day(now, zone, kept)
    if as_json:
        typer.echo(orjson.dumps({"deleted": deleted, "kept_from": first}))
        return
    typer.echo(f"{deleted} positions deleted; what is kept begins on {first}.")
