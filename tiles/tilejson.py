"""The description of tiles that map clients read first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiles.layers import TileEdition, TileLayer


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
    ``attribution`` names the source of the outline and is left out when empty.  ``exact`` says that incidents are
    shown one by one.  At least one layer.

    Source:
        TileJSON 3.0.0, section 3.
    """
    west, south, east, north = edition.bounds
    description = {
        "tilejson": "3.0.0",
        "name": ",".join(layer.name for layer in layers),
        "description": f"Edition {edition.number}",
        "version": f"{edition.number}.0.0",
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
            for layer in layers
        ],
        "edition": edition.number,
        "levels": [level.code for level in sorted(edition.levels, key=lambda level: level.rank)],
    }
    return description | ({"attribution": attribution} if attribution else {})


def _first_useful_zoom(layers: Sequence[TileLayer]) -> int:
    """Return a zoom at which a city fills a screen, or the first at which there is anything to see."""
    return max(10, min(layer.min_zoom for layer in layers))
