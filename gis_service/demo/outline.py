"""The real outline that the demo district is made up in."""

from __future__ import annotations

import json
from importlib.resources import files

import shapely
from shapely.geometry import Polygon, shape

from grid_boundaries.partition import on_lattice

DISTRICT_CODE = "530103"


def read_outline(code: str = DISTRICT_CODE) -> Polygon:
    """Return the outline of a district of Kunming, in degrees, EPSG:4326, on the lattice.

    Raises:
        LookupError: there is no such district, or it has several parts or holes.
    """
    source = files("gis_service.demo") / "data" / "kunming_districts.geojson"
    for feature in json.loads(source.read_text(encoding="utf-8"))["features"]:
        if feature["properties"]["code"] == code:
            outline = on_lattice(shape(feature["geometry"]))
            if isinstance(outline, Polygon) and not shapely.get_num_interior_rings(outline):
                return outline
            raise LookupError(f"District {code} has several parts or holes.")
    raise LookupError(f"There is no district {code} in {source}.")
