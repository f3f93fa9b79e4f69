"""The description of tiles that map clients read first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tiles.address import Bounds
from tiles.layers import LevelBand, TileEdition, TileLayer

AROUND_DEG = 0.001
"""How much wider than what it saw the bounds of a lookup are told: some 100 m."""

HIGHEST_LATITUDE = 85.0511
"""Where the pyramid of Web Mercator ends."""


def describe(
    edition: TileEdition,
    layers: Sequence[TileLayer],
    *,
    tiles_url: str,
    attribution: str,
    exact: bool,
) -> dict[str, Any]:
    """Return the TileJSON of some layers of one edition.

    ``tiles_url`` is the template with {z}, {x} and {y}; it names the edition, so that a map never mixes two.
    ``levels`` are those that the filter of that name takes, the root-most first, as TileJSON leaves room for.
    ``most_features`` of a layer are in one tile; further keys are left open by TileJSON too.
    ``attribution`` names the source of the outline and is left out when empty.  ``exact`` says that incidents are
    shown one by one.  At least one layer.

    Source:
        TileJSON 3.0.0, section 3.
    """
    told = {
        "description": f"Edition {edition.number}",
        "version": f"{edition.number}.0.0",
        "edition": edition.number,
    }
    return told | _describe(
        layers, edition.bounds, edition.levels, tiles_url=tiles_url, attribution=attribution, exact=exact
    )


def describe_plan(
    plan: tuple[int, int, int | None],
    layers: Sequence[TileLayer],
    bounds: Bounds,
    levels: Sequence[LevelBand],
    *,
    tiles_url: str,
    attribution: str,
) -> dict[str, Any]:
    """Return the TileJSON of some layers of one plan, as ``describe`` does.

    ``plan`` is its id, its version and the edition that it redraws (None before the first).
    """
    plan_id, version, edition = plan
    told = {
        "description": f"Plan {plan_id}",
        "version": f"{version}.0.0",
        "plan": plan_id,
        "plan_version": version,
        "edition": edition,
    }
    return told | _describe(layers, bounds, levels, tiles_url=tiles_url, attribution=attribution, exact=True)


def describe_lookup(
    edition: int, layers: Sequence[TileLayer], bounds: Bounds, *, tiles_url: str, attribution: str
) -> dict[str, Any]:
    """Return the TileJSON of some layers of what a lookup in an edition saw, as ``describe`` does.

    ``bounds`` are those of all that it saw.  They are told ``AROUND_DEG`` wider, so that a position alone has some
    too, and the centre has the zoom at which they fill a screen.
    """
    west, south, east, north = bounds
    wider = (
        max(west - AROUND_DEG, -180.0),
        max(south - AROUND_DEG, -HIGHEST_LATITUDE),
        min(east + AROUND_DEG, 180.0),
        min(north + AROUND_DEG, HIGHEST_LATITUDE),
    )
    described = _describe(layers, wider, (), tiles_url=tiles_url, attribution=attribution, exact=True)
    zoom = math.floor(math.log2(360.0 / max(wider[2] - wider[0], wider[3] - wider[1])))
    told = {"description": f"A lookup in edition {edition}", "version": f"{edition}.0.0", "edition": edition}
    return told | described | {"center": [*described["center"][:2], max(zoom, 0)]}


def _describe(
    layers: Sequence[TileLayer],
    bounds: Bounds,
    levels: Sequence[LevelBand],
    *,
    tiles_url: str,
    attribution: str,
    exact: bool,
) -> dict[str, Any]:
    west, south, east, north = bounds
    description = {
        "tilejson": "3.0.0",
        "name": ",".join(layer.name for layer in layers),
        "scheme": "xyz",
        "tiles": [tiles_url],
        "minzoom": min(layer.min_zoom for layer in layers),
        "maxzoom": max(layer.max_zoom for layer in layers),
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, _first_useful_zoom(layers)],
        "vector_layers": [
            {
                "id": layer.name,
                "description": layer.description,
                "fields": dict(layer.fields_for(exact=exact)),
                "minzoom": layer.min_zoom,
                "maxzoom": layer.max_zoom,
            }
            | ({} if layer.most_features is None else {"most_features": layer.most_features})
            for layer in layers
        ],
        "levels": [level.code for level in sorted(levels, key=lambda level: level.rank)],
    }
    return description | ({"attribution": attribution} if attribution else {})


def _first_useful_zoom(layers: Sequence[TileLayer]) -> int:
    """Return a zoom at which a city fills a screen, or the first at which there is anything to see."""
    return max(10, min(layer.min_zoom for layer in layers))
