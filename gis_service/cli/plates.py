"""``gis-service plates``: the door plates of a grid as a file to print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gis_service.cli.connect import open_work
from gis_service.settings import Settings
from gis_service.sheets.fonts import find_fonts
from gis_service.use_cases.draw_plates import draw_plates, find_plates


def plates(
    code: Annotated[str, typer.Argument(help="The grid: a community, a unit grid.")],
    file: Annotated[Path, typer.Option("--output", "-o", help="Where to write it: FILE.pdf.")],
) -> None:
    """Draw the door plates (门牌) of all buildings of a grid, eight on an A4 page."""
    if file.suffix.lower() != ".pdf":
        raise typer.BadParameter("the file must end in .pdf", param_hint="--output")
    settings = Settings()
    fonts = find_fonts(settings.sheet_font)
    grid = find_plates(code, open_work(settings))
    with Console(stderr=True).status(f"Drawing {len(grid.plates)} plates"):
        body = draw_plates(grid, public_url=settings.public_url, fonts=fonts)
    try:
        file.write_bytes(body)
    except OSError as error:
        raise typer.BadParameter(f"cannot be written: {error.strerror}", param_hint="--output") from None
    print(f"{file}: {grid.name}, {len(grid.plates)} plates that lead to {settings.public_url}")
