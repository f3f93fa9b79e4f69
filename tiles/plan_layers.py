"""The layers of a plan's tiles, as data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tiles.layers import GRID_FIELDS, LAYERS, TileLayer

_GRIDS = LAYERS["grids"]

_ALL = (
    TileLayer(
        name="grids",
        description="Grids as the plan would leave them, and those that it takes away as they were",
        geometry="polygon",
        fields=MappingProxyType(
            {**GRID_FIELDS, "state": "unchanged, added, removed, moved, changed (words alone) or refined (follows)"}
        ),
        min_zoom=_GRIDS.min_zoom,
        buffer=_GRIDS.buffer,
        moves=True,
        filters=frozenset(),
    ),
    TileLayer(
        name="changes",
        description="Ground that is another grid's than in the edition which the plan redraws",
        geometry="polygon",
        fields=MappingProxyType(
            {
                "change": "added, removed, moved, split or merged",
                "level": "Level of the grids; absent when they have none",
                "from": "Code of the grid that had the ground; absent when none had",
                "to": "Code of the grid that gets it; absent when none does",
                "area_m2": "Area in square metres",
            }
        ),
        min_zoom=0,
        buffer=64,
        moves=True,
        filters=frozenset(),
    ),
    TileLayer(
        name="findings",
        description="What the check says of the plan, where it has a place; what is too small for a tile is a point",
        geometry="geometry",
        fields=MappingProxyType(
            {
                "finding": "Id of the finding, the same from run to run",
                "rule": "Rule",
                "severity": "error, warning or info",
                "class": "noise, misaligned, sliver or real; absent when it is not about ground",
                "grids": "Codes of the grids, joined by commas",
                "message": "Sentence in English",
                "message_zh": "Sentence in Chinese",
            }
        ),
        min_zoom=0,
        buffer=128,
        moves=True,
        filters=frozenset(),
    ),
)

PLAN_LAYERS: Mapping[str, TileLayer] = MappingProxyType({layer.name: layer for layer in _ALL})
