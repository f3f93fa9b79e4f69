"""Tiles of the planted ground, decoded and written down: ``tests/data/golden_tiles/`` was reviewed line by line.

After a change that is meant, ``GIS_REWRITE_GOLDEN=1 pytest tests/agreement/test_golden_tiles.py`` writes them anew;
the difference is to be reviewed before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import mapbox_vector_tile
import pytest
from starlette.testclient import TestClient

from tests.support.planted_things import TRACK_PLACE
from tests.support.planted_tiles import layers_shown
from tests.support.tile_ground import tile_at
from tiles.address import TileAddress

FOLDER = Path(__file__).resolve().parents[1] / "data" / "golden_tiles"

GOLDEN: dict[str, tuple[str, TileAddress, str]] = {
    "district": ("public", tile_at(8, 102.73, 25.03), ""),
    "streets": ("public", tile_at(10, 102.73, 25.03), ""),
    "communities": ("public", tile_at(12, 102.75, 25.03), ""),
    "wavy_edge": ("public", tile_at(15, 102.7195, 25.0205), ""),
    "micro_grids": ("public", tile_at(17, 102.7199, 25.0199), ""),
    "dedicated": ("public", tile_at(14, 102.735, 25.01), "?kind=dedicated"),
    "clusters_of_a_router": ("router of U1", tile_at(14, 102.7099, 25.0101), ""),
    "incidents_of_a_router": ("router of U1", tile_at(15, 102.7099, 25.0101), ""),
    "all_of_a_dispatcher": ("dispatcher of D", tile_at(14, *TRACK_PLACE), ""),
}
"""Who asks for all layers of which tile, and with which filter."""


def written(tile: bytes) -> str:
    """Return a decoded tile as JSON, one feature a line, in the order of the tile; y down."""
    decoded = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    layers = []
    for name, layer in decoded.items():
        features = [
            json.dumps(
                {"id": one["id"], "properties": one["properties"], "geometry": one["geometry"]}, ensure_ascii=False
            )
            for one in layer["features"]
        ]
        lines = ",\n".join(f"    {line}" for line in features)
        layers.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
    return "{\n" + ",\n".join(layers) + "\n}\n"


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_tile_is_what_was_reviewed(planted: TestClient, callers: dict[str, dict[str, str]], name: str):
    """Layers, order, ids, properties and every vertex."""
    caller, address, query = GOLDEN[name]
    layers = ",".join(layer.name for layer in layers_shown(planted, callers[caller]))
    answer = planted.get(f"/tiles/1/{layers}/{address}.mvt{query}", headers=callers[caller])
    file = FOLDER / f"{name}.json"
    found = written(answer.content)
    if "GIS_REWRITE_GOLDEN" in os.environ:
        file.write_text(found, encoding="utf-8")
    assert json.loads(found) == json.loads(file.read_text(encoding="utf-8"))


def test_no_golden_tile_is_left_over():
    """Each file has its test."""
    assert {file.stem for file in FOLDER.glob("*.json")} == set(GOLDEN)
