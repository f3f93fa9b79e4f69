"""Made-up divisions for map sheets, without a database: strips, a cell pattern of any number of grids, one grid."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis_service.domain.edition import Edition
from gis_service.domain.level import Level
from gis_service.sheets.subject import SheetGrid, Subject
from grid_boundaries.measure import area_m2

WEST, SOUTH = 102.70, 25.03
SHANGHAI = ZoneInfo("Asia/Shanghai")
# 2026-07-01 at midnight in Shanghai: still June in UTC.
EFFECTIVE = datetime(2026, 6, 30, 16, tzinfo=UTC)
CHECKSUM = "0123456789abcdef" * 4

_LEVELS = {
    "community": Level("community", 3, "社区", "Community", 12, 13),
    "unit_grid": Level("unit_grid", 4, "网格", "Unit grid", 14, 22),
}


def edition(number: int = 7) -> Edition:
    """An edition in force from 2026-07-01 in Shanghai."""
    bounds = (WEST, SOUTH, WEST + 0.1, SOUTH + 0.1)
    return Edition(number, EFFECTIVE, EFFECTIVE, "tests", "", 1, CHECKSUM, {}, bounds)


def sheet_grid(
    code: str, name: str, shape: BaseGeometry, *, kind: str = "standard", households: int | None = 400
) -> SheetGrid:
    """A grid with its true area."""
    return SheetGrid(code, name, kind, households, area_m2(shape), shape)


def cells(count: int, outline: BaseGeometry, seed: int = 0) -> list[BaseGeometry]:
    """Return as many cells as asked for that tile an outline, large and small ones, by code of chance."""
    random = np.random.default_rng(seed)
    west, south, east, north = outline.bounds
    places = shapely.points(
        west + (east - west) * random.random(count * 40) ** 1.8, south + (north - south) * random.random(count * 40)
    )
    inside = places[shapely.contains(outline, places)][:count]
    pieces = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(list(inside)), extend_to=outline))
    return [shapely.intersection(piece, outline) for piece in pieces]


def outline(width: float = 0.02, height: float = 0.016) -> BaseGeometry:
    """Return a ragged community; width and height in degrees."""
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = 1 + 0.10 * np.sin(3 * angles) + 0.05 * np.sin(7 * angles + 1)
    x, y = WEST + width / 2 * (1 + radius * np.cos(angles)), SOUTH + height / 2 * (1 + radius * np.sin(angles))
    return shapely.Polygon(np.column_stack([x, y]))


def community(count: int, *, dedicated: tuple[int, ...] = (), shape: BaseGeometry | None = None) -> Subject:
    """A community of some unit grids, of which those numbered (from 0) are dedicated, with two neighbours."""
    within = outline() if shape is None else shape
    parts = [within] if count == 1 else cells(count, within)
    children = [
        sheet_grid(
            f"530103001001{number:03}",
            f"第{number}网格" if number - 1 not in dedicated else f"第{number}专属网格",
            part,
            kind="dedicated" if number - 1 in dedicated else "standard",
            households=300 + number,
        )
        for number, part in enumerate(parts, start=1)
    ]
    west, south, east, north = within.bounds
    beside = [
        shapely.difference(shapely.box(east - 0.004, south, east + 0.02, north), within),
        shapely.difference(shapely.box(west - 0.02, south, west + 0.004, north), within),
    ]
    return Subject(
        grid=sheet_grid(
            "530103001001", "小龙路社区", within, households=sum(one.households or 0 for one in children)
        ),
        chain=("盘龙区", "东华街道", "小龙路社区"),
        level=_LEVELS["community"],
        child_level=_LEVELS["unit_grid"],
        children=tuple(children),
        neighbours=tuple(sheet_grid(f"N{n}", f"邻{n}社区", one) for n, one in enumerate(beside)),
        buildings=(),
        edition=edition(),
        drawn_at=datetime(2026, 11, 22, 9, tzinfo=SHANGHAI),
    )


def leaf(*buildings: tuple[float, float]) -> Subject:
    """A unit grid without children, of 100 by 100 arc seconds or so, with buildings."""
    shape = shapely.box(WEST, SOUTH, WEST + 0.01, SOUTH + 0.01)
    return Subject(
        grid=sheet_grid("530103001001001", "第1网格", shape),
        chain=("盘龙区", "第1网格"),
        level=_LEVELS["unit_grid"],
        child_level=None,
        children=(),
        neighbours=(),
        buildings=buildings,
        edition=edition(),
        drawn_at=datetime(2026, 11, 22, 9, tzinfo=SHANGHAI),
    )


def rule_of_thumb(text: str, size: float, *, bold: bool = False) -> float:
    """Measure letters without a font: Chinese ones are square, others 0.58 as wide."""
    return sum(1.0 if ord(letter) > 0x2E80 else 0.58 for letter in text) * size * 25.4 / 72 * (1.05 if bold else 1.0)
