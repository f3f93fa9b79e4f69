"""The plane of a sheet: the Gauss-Kruger zone of three degrees in which its middle lies."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

ZONE_DEGREES = 3
_FIRST_MERIDIAN, _LAST_MERIDIAN, _FIRST_EPSG = 75, 135, 4534  # EPSG:4534 to 4554, CGCS2000 without zone prefix


@dataclass(frozen=True)
class LocalZone:
    """Metres east and north in a zone of three degrees, on the ellipsoid of CGCS2000.

    In its zone the projection lengthens by at most 0.034 % (on the equator, 1.5 degrees from the meridian), so
    one scale holds for a whole sheet.  CGCS2000 and WGS 84 are taken as one (decision 4).

    Source:
        EPSG 4534 to 4554: transverse Mercator (method 9807), scale 1 on the meridian, false easting 500 km.
    """

    meridian: int
    _transformer: Transformer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        plane = f"+proj=tmerc +lat_0=0 +lon_0={self.meridian} +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m"
        made = Transformer.from_crs("+proj=longlat +ellps=GRS80", plane, always_xy=True)
        object.__setattr__(self, "_transformer", made)

    @classmethod
    def around(cls, shape: BaseGeometry) -> LocalZone:
        """Return the zone of the middle of a shape's bounding box in degrees."""
        west, _, east, _ = shape.bounds
        return cls(ZONE_DEGREES * math.floor((west + east) / 2 / ZONE_DEGREES + 0.5))

    @property
    def epsg(self) -> int | None:
        """Return the code of the zone in CGCS2000; None outside China."""
        if not _FIRST_MERIDIAN <= self.meridian <= _LAST_MERIDIAN:
            return None
        return _FIRST_EPSG + (self.meridian - _FIRST_MERIDIAN) // ZONE_DEGREES

    def to_metres(self, shape: BaseGeometry) -> BaseGeometry:
        """Return a shape in degrees as eastings and northings."""

        def project(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(self._transformer.transform(degrees[:, 0], degrees[:, 1]))

        return shapely.transform(shape, project)
