"""``gis-service tiles export``: the tiles of an edition as one file."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gis_service.cli.connect import open_reading
from gis_service.errors import ServiceError
from gis_service.settings import Settings
from gis_service.use_cases.export_tiles import Wanted, export_tiles
from tiles.address import MAX_ZOOM

_USUAL = Wanted()

tiles = typer.Typer(name="tiles", no_args_is_help=True, help="Vector tiles.")


@tiles.command()
def export(
    out: Annotated[Path, typer.Argument(help="FILE.pmtiles or FILE.mbtiles; what is there is replaced.")],
    *,
    edition: Annotated[int | None, typer.Option(min=1, help="This edition; the one in force by default.")] = None,
    under: Annotated[
        str | None, typer.Option(help="The ground of this grid, with it and those below it only.")
    ] = None,
    layers: Annotated[str, typer.Option(help="Layers, joined by commas.")] = _USUAL.layers,
    min_zoom: Annotated[int, typer.Option(min=0, max=MAX_ZOOM, help="The first zoom.")] = _USUAL.min_zoom,
    max_zoom: Annotated[int, typer.Option(min=0, max=MAX_ZOOM, help="The last zoom.")] = _USUAL.max_zoom,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write the tiles that the public is served to one file, which a map reads without the service.

    Exits 0 when the file is there, 2 when it cannot be written as asked.  What was broken off goes on where it was:
    run the command again.  In GIS_HOME/archives the file is served, at /tiles/archives/FILE.
    """
    settings = Settings()
    wanted = Wanted(edition, under, layers, min_zoom, max_zoom)
    began = time.perf_counter()
    try:
        with tile_progress(as_json) as progress:
            bar = progress.add_task(f"writing {out.name}", total=None)
            done = export_tiles(
                out,
                wanted,
                open_reading(settings),
                attribution=settings.attribution,
                on_tiles=lambda finished, total: progress.update(bar, completed=finished, total=total),
            )
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    seconds = time.perf_counter() - began
    if as_json:
        typer.echo(orjson.dumps({"file": str(out), **asdict(done), "seconds": round(seconds, 3)}))
        return
    kept = f", {done.kept} of them there already" if done.kept else ""
    typer.echo(
        f"{out.name}: {done.written} tiles of edition {done.edition}, {done.size_bytes / 1e6:.1f} MB; "
        f"{done.tiles} looked at{kept}, in {seconds:.1f} s."
    )


def tile_progress(as_json: bool) -> Progress:
    """Return a bar on standard error, which does not show where nobody looks."""
    screen = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=as_json or not screen.is_terminal,
    )
