"""Points over the troubled tree, and who owns each by the reference locator."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pyarrow as pa
from pyarrow import parquet
from shapely.geometry import mapping

from gis_service.bulk.ownership import Ownership
from gis_service.domain.level import STANDARD_LEVELS
from grid_boundaries.locate.locator import NOBODY
from grid_boundaries.locate.raster_locator import RasterLocator
from grid_boundaries.locate.tree_locator import TreeLocator
from tests.support.tree import at, troubled_tree

RANKS = {level.code: level.rank for level in STANDARD_LEVELS}
LEVELS = ["district", "street", "community", "unit_grid"]
ADDED = ["grid_code", *(f"grid_{level}" for level in LEVELS), "edition", "locate_error"]


@cache
def tree_ownership(edition: int | None = 7) -> Ownership:
    """The troubled tree as edition 7."""
    return Ownership(RasterLocator.build(troubled_tree(), RANKS), RANKS, edition)


def random_points(count: int, seed: int = 0):
    """Longitudes and latitudes in and around the tree; every fifth on its steps, where owners tie."""
    chance = np.random.default_rng(seed)
    across, up = chance.uniform(-0.5, 4.5, count), chance.uniform(-0.5, 3.5, count)
    across[::5], up[::5] = np.rint(across[::5]), np.rint(up[::5])
    return np.array([at(*place) for place in zip(across.tolist(), up.tolist(), strict=True)]).reshape(-1, 2).T


def expected_rows(lons, lats, edition: int | None = 7) -> list[dict]:
    """The added columns of each point, by the reference locator."""
    tree, grids = TreeLocator.build(troubled_tree(), RANKS), {grid.code: grid for grid in troubled_tree()}
    rows = []
    for owner in tree.locate_many(lons, lats).tolist():
        row = dict.fromkeys(ADDED)
        row["edition"] = edition
        if owner != NOBODY:
            row["grid_code"] = tree.codes[owner]
            for index in tree.chain(owner):
                row[f"grid_{grids[tree.codes[index]].level}"] = tree.codes[index]
        rows.append(row)
    return rows


def write_points(path, lons, lats, *, rows_per_group: int = 100_000) -> None:
    """Write a Parquet file of numbered points."""
    table = pa.table({"id": np.arange(len(lons)), "lon": lons, "lat": lats})
    path.parent.mkdir(exist_ok=True)
    parquet.write_table(table, path, row_group_size=rows_per_group)


def write_tree(path) -> None:
    """Write the grids of the tree as GeoJSON."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": grid.code, "level": grid.level, "parent": grid.parent},
            "geometry": mapping(grid.shape),
        }
        for grid in troubled_tree()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
