"""``gis-service tiles seed``: what the disk has of one edition for the next."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from gis_service.api.tile_folder import TileFolder
from gis_service.api.tile_seeding import SeedBounds, seed_tiles
from gis_service.cli.connect import open_reading
from gis_service.cli.export_tiles import tile_progress, tiles
from gis_service.errors import ClashError, RuleBrokenError, ServiceError
from gis_service.settings import Settings
from gis_service.use_cases.find_dirty_tiles import COMPARED
from tiles.address import MAX_ZOOM
from tiles.layers import LayerListError, UnknownLayerError, parse_layers


@tiles.command()
def seed(
    *,
    edition: Annotated[int, typer.Option(min=1, help="The edition that shall have tiles on disk.")],
    before: Annotated[
        int | None, typer.Option("--from", min=1, help="The edition that has them; the one before by default.")
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="Only tiles of exactly these layers, joined by commas; all by default.")
    ] = None,
    min_zoom: Annotated[int, typer.Option(min=0, max=MAX_ZOOM, help="The first zoom.")] = 0,
    max_zoom: Annotated[int, typer.Option(min=0, max=MAX_ZOOM, help="The last zoom.")] = MAX_ZOOM,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Give an edition the tiles that another has in GIS_HOME/tiles: what is the same as it is, the rest rendered.

    The service does so itself after a publication (GIS_TILE_SEED); this is for what that left out.  What was broken
    off goes on where it was: run the command again.  Exits 0 when all is there, 2 when it cannot be done as asked.
    """
    settings = Settings()
    try:
        source = _choose_source(edition, before)
        bounds = SeedBounds(min_zoom, max_zoom, _parse_layers(layers))
        if min_zoom > max_zoom:
            raise RuleBrokenError(f"Zooms are whole numbers from 0 to {MAX_ZOOM}, the first not after the last.")
        if not settings.tile_disk_bytes:
            raise RuleBrokenError("No tiles are kept on disk: GIS_TILE_DISK_BYTES is 0.")
        work = open_reading(settings)
        with tile_progress(as_json) as progress:
            bar = progress.add_task(f"seeding edition {edition}", total=None)
            done = seed_tiles(
                TileFolder(settings.home / "tiles", settings.tile_disk_bytes),
                source,
                edition,
                lambda: work,
                bounds=bounds,
                on_tile=lambda finished, total: progress.update(bar, completed=finished, total=total),
            )
        if done is None:
            raise ClashError("Another process seeds tiles just now; run the command again when it has ended.")
    except ServiceError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(orjson.dumps({"edition": edition, **asdict(done)}))
        return
    typer.echo(
        f"edition {edition}: {done.carried} tiles carried over, {done.rendered} rendered, {done.kept} there already, "
        f"{done.left} left out."
    )


def _choose_source(edition: int, before: int | None) -> int:
    if before == edition:
        raise RuleBrokenError("--from must be another edition than --edition.")
    if before is None and edition == 1:
        raise RuleBrokenError("Edition 1 has none before it; say with --from which edition has tiles.")
    return edition - 1 if before is None else before


def _parse_layers(written: str | None) -> tuple[str, ...] | None:
    if written is None:
        return None
    try:
        names = tuple(layer.name for layer in parse_layers(written))
    except (LayerListError, UnknownLayerError) as error:
        raise RuleBrokenError(str(error)) from None
    if not COMPARED.issuperset(names):
        raise RuleBrokenError(f"--layers may be {', '.join(sorted(COMPARED))}; only their tiles are seeded.")
    return names
