"""``gis-service incidents``: the months in which incidents lie, and the files of their photos."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from gis_service.cli.connect import open_work
from gis_service.files.photo_store import PhotoStore
from gis_service.settings import Settings
from gis_service.use_cases.keep_incident_months import list_months, put_month_back, set_month_aside
from gis_service.use_cases.sweep_photos import sweep_photos

months = typer.Typer(
    no_args_is_help=True,
    help="List the months of incidents, set old ones aside, put them back; sweep files of photos.",
)


def _parse_month(word: str) -> date:
    try:
        return datetime.strptime(word, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        message = f"{word!r} is no month; write it as 2026-11"
        raise typer.BadParameter(message) from None


Month = Annotated[
    date, typer.Argument(parser=_parse_month, metavar="YYYY-MM", help="The month of the report, in UTC.")
]


@months.command(name="months")
def list_(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the months that are there, and what lies in none of them."""
    found = list_months(open_work(Settings()))
    if json:
        print(orjson.dumps([asdict(one) for one in found]).decode())
        return
    table = Table("month", "incidents, about", "MB", "")
    for one in found:
        table.add_row(
            "of none" if one.month is None else f"{one.month:%Y-%m}",
            "not counted yet" if one.incidents < 0 else f"{one.incidents:,}",
            f"{one.bytes / 1e6:,.1f}",
            "" if one.is_attached else "set aside",
        )
    Console().print(table)


@months.command(name="set-aside")
def set_aside(month: Month) -> None:
    """Take a month that is over, and all closed, out of lists, counts and tiles; its tables stay."""
    set_month_aside(month, datetime.now(UTC), open_work(Settings()))
    print(f"month {month:%Y-%m} is set aside, in incident_months.incident_{month:%Y_%m}; backups have it still")


@months.command(name="put-back")
def put_back(month: Month) -> None:
    """Show a month again that was set aside."""
    put_month_back(month, open_work(Settings()))
    print(f"month {month:%Y-%m} is shown again")


@months.command(name="sweep-photos")
def sweep(
    delete: Annotated[bool, typer.Option("--delete", help="Delete them; without it they are only listed.")] = False,
) -> None:
    """List files in the photo store that belong to no photo, such as an upload that broke off leaves behind."""
    settings = Settings()
    store = PhotoStore(settings.photos or str(settings.home / "photos"))
    found = sweep_photos(store, datetime.now(UTC), open_work(settings), deletes=delete)
    for name in found:
        print(name)
    Console(stderr=True).print(f"{len(found)} files of no photo{', deleted' if delete and found else ''}")
