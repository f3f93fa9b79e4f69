"""``gis-service clocks``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer

from gis_service.app import alarm_shares
from gis_service.cli.connect import open_work
from gis_service.settings import Settings
from gis_service.use_cases.keep_clocks import ring_alarms

clocks = typer.Typer(no_args_is_help=True, help="The clocks of incidents.")


@clocks.callback()
def _group() -> None:
    pass


@clocks.command()
def ring(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Ring the alarms that have come due, once each: what a running service does itself (GIS_ALARM_POLL_S)."""
    settings = Settings()
    told = ring_alarms(
        zone=ZoneInfo(settings.timezone),
        alarms=alarm_shares(settings),
        now=datetime.now(UTC),
        work=open_work(settings),
    )
    if as_json:
        typer.echo(orjson.dumps({"reminded": told["reminded"], "alerted": told["alerted"]}))
        return
    typer.echo(f"{told['reminded']} reminded, {told['alerted']} alerted")
