"""Columns of points in, columns of owners out: what is done to each batch, without any file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from grid_boundaries.locate.coordinates import LIMITS, look_like_degrees, projection_of, to_wgs84_where_possible
from grid_boundaries.locate.format import pack
from grid_boundaries.locate.locator import NOBODY
from grid_boundaries.locate.raster_locator import RasterLocator

CODE, EDITION, ERROR = "grid_code", "edition", "locate_error"

FINE, MISSING, UNREADABLE, OUT_OF_RANGE, SWAPPED, DEGREES = NOBODY, 0, 1, 2, 3, 4
REASONS = (
    "no coordinates 无坐标",
    "not a number or not a point 不是数字或不是点",
    "out of range for the coordinate system 超出坐标系范围",
    "longitude and latitude look swapped 经纬度疑似颠倒",
    "looks like degrees where the system takes metres 疑似经纬度，而坐标系以米为单位",
)
"""Why a row has no owner to look for; ``faults`` index it, ``FINE`` where there is nothing wrong."""

_Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Points:
    """Points of one batch as a file has them: in ``crs``, longitude or easting first, ``faults`` known already."""

    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    faults: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Owned:
    """One batch answered: the columns by ``Ownership.schema``; ``owners`` index the codes, ``NOBODY`` for none."""

    columns: list[pa.Array]
    owners: _Indices
    faults: NDArray[np.int8]


@dataclass(frozen=True)
class Ownership:
    """A locator, and what its grids' levels are called; safe to ask from many threads.

    ``ranks`` has the rank of each level by its code; ``edition`` is None for grids of no edition.
    """

    locator: RasterLocator
    ranks: Mapping[str, int]
    edition: int | None = None
    _levels: list[tuple[str, _Indices, pa.Array]] = field(init=False, repr=False)
    _codes: pa.Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_codes", pa.array(self.locator.codes, pa.string()))
        object.__setattr__(self, "_levels", list(self._ancestors()))

    def _ancestors(self) -> Iterator[tuple[str, _Indices, pa.Array]]:
        """Yield each level that has grids, the root-most first: its code, for each grid and for nobody the place of
        the ancestor there among the level's grids, and their codes.
        """  # noqa: D205 - one sentence
        depths = self.locator.arrays()["ranks"]
        names = {rank: name for name, rank in self.ranks.items()}
        parents = np.append(self.locator.parents, NOBODY)
        for rank in np.unique(depths).tolist():
            members = np.flatnonzero(depths == rank)
            places = np.full(len(parents), NOBODY, np.int32)
            places[members] = np.arange(len(members), dtype=np.int32)
            above = parents
            reached = places.copy()
            while (above != NOBODY).any():
                reached = np.where(reached == NOBODY, places[above], reached)
                above = parents[above]
            yield names.get(rank, f"level_{rank}"), reached, self._codes.take(pa.array(members))

    @property
    def schema(self) -> pa.Schema:
        """The columns that are added: the owner's code, that of its ancestor or itself by level, edition, error."""
        text = pa.dictionary(pa.int32(), pa.string())
        levels = [(f"grid_{name}", text) for name, _, _ in self._levels]
        return pa.schema([(CODE, text), *levels, (EDITION, pa.int32()), (ERROR, text)])

    def of_points(self, points: Points, crs: str = "EPSG:4326") -> Owned:
        """Return the owner and the chain of each point, in input order.

        A point at fault, or one that lies nowhere in its system, has no owner and the reason in the last column.

        Args:
            points: see there; coordinates of a point at fault may be anything.
            crs: one of ``KNOWN_CRS``.

        Raises:
            UnknownCrsError: it is none of those.
        """
        lons, lats = to_wgs84_where_possible(points.xs, points.ys, crs)
        faults = _faults_of(points, crs, is_nowhere=np.isnan(lons))
        is_bad = faults != FINE
        if is_bad.any():
            owners = np.full(len(lons), NOBODY, np.int32)
            owners[~is_bad] = self.locator.locate_many(lons[~is_bad], lats[~is_bad])
        else:
            owners = self.locator.locate_many(lons, lats)
        edition = pa.scalar(self.edition, pa.int32())
        columns = [
            _coded(owners, self._codes),
            *(_coded(reached[owners], codes) for _, reached, codes in self._levels),
            pa.repeat(edition, len(owners)),
            _coded(faults.astype(np.int32), pa.array(REASONS)),
        ]
        return Owned(columns, owners, faults)

    def packed(self) -> Iterator[bytes | memoryview]:
        """Yield the bytes of a locator file; the second piece is their SHA-256."""
        return pack({"edition": self.edition, "levels": dict(self.ranks)}, self.locator.arrays())

    @classmethod
    def unpacked(cls, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Ownership:
        """Return what was packed.

        Raises:
            KeyError: the levels or an array are missing.
        """
        return cls(RasterLocator.of_arrays(arrays), dict(about["levels"]), about.get("edition"))


def _faults_of(points: Points, crs: str, *, is_nowhere: NDArray[np.bool_]) -> NDArray[np.int8]:
    faults = points.faults
    is_news = is_nowhere & (faults == FINE)
    if not is_news.any():
        return faults
    faults = np.where(is_news, np.where(np.isnan(points.xs) | np.isnan(points.ys), MISSING, OUT_OF_RANGE), faults)
    if projection_of(crs) is None:
        most_lat, most_lon = LIMITS["lat"][1], LIMITS["lon"][1]
        looks = (np.abs(points.xs) <= most_lat) & (np.abs(points.ys) > most_lat) & (np.abs(points.ys) <= most_lon)
        faults = np.where(is_news & looks, SWAPPED, faults)
    else:
        faults = np.where(is_news & look_like_degrees(points.xs, points.ys), DEGREES, faults)
    return faults.astype(np.int8)


def _coded(indices: _Indices, words: pa.Array) -> pa.DictionaryArray:
    """Return an array of words by index; ``NOBODY`` is null."""
    is_none = indices == NOBODY
    kept = pa.array(indices, pa.int32(), mask=is_none if is_none.any() else None)
    return pa.DictionaryArray.from_arrays(kept, words)
