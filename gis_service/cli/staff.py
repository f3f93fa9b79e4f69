"""``gis-service staff``: who serves which grid."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from gis_service.api.json_model import refusal_of
from gis_service.api.schemas_staff import StaffIn, assignment_json, serving_json
from gis_service.cli.acting import CLI
from gis_service.cli.connect import open_work
from gis_service.domain.staff import Assignment, StaffFilter, local_day
from gis_service.settings import Settings
from gis_service.use_cases.assign_staff import assign_staff, end_assignment
from gis_service.use_cases.find_staff import find_serving_grid, find_staff

MOST_SHOWN = 1_000

staff = typer.Typer(name="staff", no_args_is_help=True, help="Who serves which grid.")


def _parse_day(word: str) -> date:
    try:
        return datetime.strptime(word, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        message = f"{word!r} is no day; write it as 2026-07-01"
        raise typer.BadParameter(message) from None


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Grid = Annotated[str, typer.Argument(help="The code of a grid.")]
Until = Annotated[date | None, typer.Option(parser=_parse_day, metavar="DAY", help="The first day without duty.")]


@staff.command(name="list")
def list_(
    *,
    grid: Annotated[str | None, typer.Option(help="This grid and all below it.")] = None,
    role: Annotated[str | None, typer.Option(help="head, worker, liaison or volunteer.")] = None,
    day: Annotated[
        date | None, typer.Option(parser=_parse_day, metavar="DAY", help="Who serves on that day.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List assignments, the first thousand, by number."""
    _, found = find_staff(StaffFilter(grid, role, day, limit=MOST_SHOWN), CLI, open_work(Settings()))
    _show(found, as_json=as_json)


@staff.command()
def serving(
    grid: Grid,
    *,
    day: Annotated[date | None, typer.Option(parser=_parse_day, metavar="DAY", help="Today by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say who serves a grid: of each role those of the nearest grid up the chain that has any."""
    settings = Settings()
    when = day or local_day(None, ZoneInfo(settings.timezone))
    _, found = find_serving_grid(grid, at=None, day=when, principal=CLI, work=open_work(settings))
    if as_json:
        typer.echo(orjson.dumps({"grid": grid, "day": when, "serving": serving_json(found, CLI)}))
        return
    _show([person for one in found for person in one.people], as_json=False)


@staff.command()
def add(
    name: Annotated[str, typer.Argument(help="Who.")],
    role: Annotated[str, typer.Argument(help="head, worker, liaison or volunteer.")],
    grid: Grid,
    *,
    since: Annotated[date | None, typer.Option(parser=_parse_day, metavar="DAY", help="Today by default.")] = None,
    until: Until = None,
    phone: Annotated[str | None, typer.Option(help="The number to be called.")] = None,
    as_json: AsJson = False,
) -> None:
    """Assign a person to a grid; a grid has one head at a time."""
    settings = Settings()
    first = since or local_day(None, ZoneInfo(settings.timezone))
    days = {"since": first.isoformat(), "until": None if until is None else until.isoformat()}
    try:
        given = StaffIn.model_validate({"name": name, "role": role, "grid": grid, "phone": phone, **days})
    except ValidationError as error:
        raise refusal_of(error) from None
    _show([assign_staff(given.member(), CLI, open_work(settings))], as_json=as_json)


@staff.command()
def end(
    number: Annotated[int, typer.Argument(min=1, help="The number of the assignment.")],
    *,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """End an assignment today or on another day; it stays for who looks back."""
    settings = Settings()
    last = until or local_day(None, ZoneInfo(settings.timezone))
    _show([end_assignment(number, last, expected=None, principal=CLI, work=open_work(settings))], as_json=as_json)


def _show(found: list[Assignment], *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps([assignment_json(one, CLI) for one in found]))
        return
    table = Table("id", "name", "role", "grid", "since", "until", "phone")
    for one in found:
        member = one.member
        until = "" if member.until is None else str(member.until)
        table.add_row(
            str(one.id), member.name, member.role, member.grid_code, str(member.since), until, member.phone or ""
        )
    Console(highlight=False, soft_wrap=True).print(table)
