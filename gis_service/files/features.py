"""What a vector file holds, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproj
from shapely.geometry.base import BaseGeometry

from gis_service.errors import RuleBrokenError

CODE_FIELDS = (
    "code",
    "grid_code",
    "gridcode",
    "adcode",
    "网格编码",
    "网格代码",
    "编码",
    "代码",
    "区划代码",
    "wgbm",  # the initials of 网格编码, as ten bytes of a Shapefile have them
    "id",
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One row of a file; ``shape`` is in the coordinates of the file, None where it has none."""

    properties: Mapping[str, Any]
    shape: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class VectorFile:
    """What a file holds; ``parent`` is the feature that the others must fill, which only GeoJSON can carry.

    ``crs`` is None where coordinates are degrees that are stored as they stand, longitude first.
    """

    path: Path
    features: tuple[Feature, ...]
    parent: Feature | None = None
    crs: pyproj.CRS | None = None

    @property
    def fields(self) -> list[str]:
        """The names of all fields, in the order in which they come."""
        return list(dict.fromkeys(name for feature in self.features for name in feature.properties))

    def code_field(self, asked: str | None) -> str:
        """Return the field that holds the codes: the one asked for, or the first with a usual name.

        Raises:
            RuleBrokenError: no feature has the field asked for, or none a usual one.
        """
        found = find_field(self, asked, CODE_FIELDS)
        if found is not None:
            return found
        raise RuleBrokenError(
            f"{self.path} has none of the fields {', '.join(CODE_FIELDS)}; name the one that holds the codes with "
            f"--code-field; its fields are: {', '.join(self.fields) or 'none'}.",
            code="no-code-field",
        )


def find_field(file: VectorFile, asked: str | None, usual: tuple[str, ...]) -> str | None:
    """Return the field asked for, or the first with a usual name in letters of either case; None without any.

    Empty text asks for none.

    Raises:
        RuleBrokenError: no feature has the field asked for.
    """
    fields = file.fields
    if asked is not None:
        if asked in fields or not asked:
            return asked or None
        raise RuleBrokenError(
            f"{file.path} has no field {asked}; its fields are: {', '.join(fields) or 'none'}.", code="no-such-field"
        )
    lowered = {name.lower(): name for name in reversed(fields)}
    return next((lowered[name] for name in usual if name in lowered), None)
