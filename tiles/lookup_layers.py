"""The layers of the tiles that show what a lookup saw, as data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tiles.layers import GRID_FIELDS, TileLayer

MOST_AFFECTED = 1000
"""Most grids that a preview of an area shows: as many as the lookup lists unless told otherwise."""


def _layer(
    name: str,
    description: str,
    geometry: str,
    fields: Mapping[str, str],
    buffer: int = 64,
    most_features: int | None = None,
) -> TileLayer:
    return TileLayer(
        name=name,
        description=description,
        geometry=geometry,
        fields=MappingProxyType(fields),
        min_zoom=0,
        buffer=buffer,
        moves=True,
        filters=frozenset(),
        most_features=most_features,
    )


_GRID = {name: GRID_FIELDS[name] for name in ("code", "name", "level", "parent")}

_OF_POINT = (
    _layer(
        "position",
        "The position as it was tested",
        "point",
        {
            "edition": "Number of the edition that was asked",
            "match": "inside, edge, partial or outside",
            "owner": "Code of the owner; absent outside",
            "warning": "looks-swapped or looks-like-other-crs; absent without a doubt",
            "message": "The doubt as a sentence in English",
            "message_zh": "The doubt as a sentence in Chinese",
        },
        buffer=256,
    ),
    _layer(
        "uncertainty",
        "The circle that holds the true place with the probability confidence; nothing when no accuracy is given",
        "polygon",
        {"accuracy_m": "Radius in metres", "confidence": "Probability"},
    ),
    _layer(
        "candidates",
        "The owner, the grids tied with it, those that may own an uncertain position, and outside the nearest grid",
        "polygon",
        {
            **_GRID,
            "kind": GRID_FIELDS["kind"],
            "role": "owner, tied, candidate or nearest",
            "order": "1 for the owner, or outside for the nearest; then the tied ones; then by probability",
            "probability": "Probability that it owns the true place; absent for no candidate",
        },
    ),
    _layer(
        "nearest",
        "Outside all grids the shortest way from the position to the nearest grid",
        "line",
        {"code": "Code of the nearest grid", "distance_m": "Length of the way in metres"},
    ),
)

_OF_AREA = (
    _layer(
        "area",
        "The area as it was asked",
        "polygon",
        {
            "edition": "Number of the edition that was asked",
            "area_m2": "Area in square metres",
            "grids_total": "Grids that it touches, drawn or not",
            "buildings": "Registered buildings in it",
            "households": "Their households",
        },
    ),
    _layer(
        "affected",
        "The whole of each grid with which the area has ground in common",
        "polygon",
        {
            **_GRID,
            "area_m2": "Area of the common ground in square metres",
            "share": "Share of the grid that this is",
            "whole": "Whether that is all of the grid",
        },
        most_features=MOST_AFFECTED,
    ),
)

POINT_LAYERS: Mapping[str, TileLayer] = MappingProxyType({layer.name: layer for layer in _OF_POINT})
AREA_LAYERS: Mapping[str, TileLayer] = MappingProxyType({layer.name: layer for layer in _OF_AREA})
