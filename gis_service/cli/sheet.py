"""``gis-service sheet``: the map sheet of a division as a file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from gis_service.api.instants import to_utc
from gis_service.cli.connect import open_work
from gis_service.settings import Settings
from gis_service.sheets.fonts import find_fonts
from gis_service.use_cases.draw_sheet import Form, SheetForm, draw_sheet, find_sheet

_FORMS: dict[str, Form] = {".pdf": "pdf", ".png": "png"}


def sheet(
    code: Annotated[str, typer.Argument(help="The grid: a district, a street, a community, a unit grid.")],
    file: Annotated[Path, typer.Option("--output", "-o", help="Where to write it: FILE.pdf or FILE.png.")],
    edition: Annotated[int | None, typer.Option(min=1, help="Number of the edition.")] = None,
    at: Annotated[
        str | None, typer.Option(help="The edition in force on this date or at this instant, like 2026-07-01.")
    ] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Language of the sheet.")] = "zh",
    paper: Annotated[Literal["A4", "A3"], typer.Option(help="Size of the paper.")] = "A4",
    orientation: Annotated[
        Literal["portrait", "landscape"] | None, typer.Option(help="By default the one with the larger scale.")
    ] = None,
) -> None:
    """Draw the map sheet of a grid (网格划分区域图): the grids right below it, or itself with its buildings."""
    form = _FORMS.get(file.suffix.lower())
    if form is None:
        raise typer.BadParameter("the file must end in .pdf or .png", param_hint="--output")
    settings = Settings()
    zone = ZoneInfo(settings.timezone)
    fonts = find_fonts(settings.sheet_font)
    work = open_work(settings)
    state = find_sheet(code, edition=edition, at=_instant(at, zone), work=work)
    with Console(stderr=True).status(f"Drawing {state.name}"):
        body = draw_sheet(
            code,
            state.edition,
            SheetForm(form, lang, paper, orientation),
            fonts=fonts,
            drawn_at=datetime.now(zone),
            attribution=settings.attribution,
            work=work,
        )
    try:
        file.write_bytes(body)
    except OSError as error:
        raise typer.BadParameter(f"cannot be written: {error.strerror}", param_hint="--output") from None
    print(f"{file}: {state.name}, edition {state.edition}, {len(body) / 1000:.0f} kB")


def _instant(written: str | None, zone: ZoneInfo) -> datetime | None:
    """Return an instant; what names no offset is meant in the zone of the settings."""
    if written is None:
        return None
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise typer.BadParameter(
            "must be a date or an instant, like 2026-07-01 or 2026-07-01T08:00:00+08:00", param_hint="--at"
        ) from None
    return to_utc(instant if instant.tzinfo else instant.replace(tzinfo=zone))
