"""The sentences of a report, English and Chinese, with place, numbers and codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Place: TypeAlias = tuple[float, float] | None
Sentences: TypeAlias = tuple[str, str]
Deviation: TypeAlias = tuple[str, float, float, float]
"""A measure by name, its value, the mean of its siblings, and the difference as a share of the mean."""

_CENTIMETRE, _KILOMETRE, _SQUARE_KILOMETRE = 0.01, 1_000.0, 1_000_000.0

_REASONS = {
    "missing": ("has no geometry", "没有图形"),
    "empty": ("is empty", "图形为空"),
    "not-a-polygon": ("is not a polygon or multipolygon", "不是面（Polygon 或 MultiPolygon）"),
    "not-finite": ("has a coordinate that is not a finite number", "含有非有限数值的坐标"),
    "not-degrees": (
        "has coordinates outside longitude ±180 and latitude ±90: give degrees, longitude first",
        "坐标超出经度 ±180、纬度 ±90 的范围：请使用度，经度在前",
    ),
    "round-the-earth": (
        "is more than 180 degrees wide: what crosses the 180th meridian is to be split there (RFC 7946, 3.1.9)",
        "东西跨度超过 180 度：跨越 180° 经线的图形应在该经线处拆分（RFC 7946 3.1.9）",
    ),
    "too-many-vertices": (
        "has more than 2,000,000 vertices: divide it, or simplify it together with its neighbours",
        "顶点超过 2,000,000 个：请拆分，或与相邻图形一并简化",
    ),
    "no-area": ("has no area: its vertices lie on one line", "面积为零：所有顶点在一条直线上"),
    "rounds-away": (
        "folds over when rounded to 0.000000001 degree: a part of it is thinner than 0.1 mm",
        "取整到 0.000000001 度后自相交：有一部分窄于 0.1 毫米",
    ),
    "self-intersection": ("crosses itself", "边界自相交"),
    "ring-self-intersection": ("touches itself in a vertex of its ring", "边界环在顶点处自接触"),
    "hole-lies-outside-shell": ("has a hole outside its outer ring", "内环位于外环之外"),
    "holes-are-nested": ("has a hole within a hole", "内环相互嵌套"),
    "nested-shells": ("has a part within another part", "一个部分位于另一个部分之内"),
    "interior-is-disconnected": ("is cut in two by its holes", "内环把图形切断"),
    "too-few-points-in-geometry-component": ("has a ring of fewer than three corners", "有一个环少于三个顶点"),
}
_MEASURES = {
    "households": ("households", "户数"),
    "buildings": ("buildings", "楼栋数"),
    "incidents_a_year": ("incidents a year", "年事件数"),
}
NOTHING_TO_MEND = frozenset(
    {
        "missing",
        "empty",
        "not-a-polygon",
        "not-finite",
        "not-degrees",
        "round-the-earth",
        "too-many-vertices",
        "no-area",
    }
)
"""Reasons that leave no polygon to make valid."""


def at(place: Place) -> Sentences:
    """Return the words for a place, to a metre; nothing when it is unknown."""
    if place is None:
        return "", ""
    lon, lat = place
    east, north = ("东经" if lon >= 0 else "西经"), ("北纬" if lat >= 0 else "南纬")
    return f" at {lon:.5f}, {lat:.5f}", f"，位于{east} {abs(lon):.5f}、{north} {abs(lat):.5f}"


def length(metres: float) -> Sentences:
    """Return a length in the unit in which one would say it."""
    if metres < _CENTIMETRE:
        return f"{metres * 1000:.2g} mm", f"{metres * 1000:.2g} 毫米"
    if metres < 1:
        return f"{metres * 100:.3g} cm", f"{metres * 100:.3g} 厘米"
    if metres < _KILOMETRE:
        return f"{metres:.1f} m", f"{metres:.1f} 米"
    return f"{metres / 1000:,.2f} km", f"{metres / 1000:,.2f} 公里"


def area(square_metres: float) -> Sentences:
    """Return an area in the unit in which one would say it."""
    if square_metres < _CENTIMETRE:
        return "less than 0.01 m²", "不足 0.01 平方米"
    if square_metres < _SQUARE_KILOMETRE:
        return f"{square_metres:,.2f} m²", f"{square_metres:,.2f} 平方米"
    return f"{square_metres / _SQUARE_KILOMETRE:,.3f} km²", f"{square_metres / _SQUARE_KILOMETRE:,.3f} 平方公里"


def named(codes: Sequence[str]) -> Sentences:
    """Return codes as one would list them: A; A and B; A, B and C; of many, the first four and how many more."""
    shown, more = (list(codes), 0) if len(codes) <= 5 else (list(codes[:4]), len(codes) - 4)  # noqa: PLR2004  a line
    chinese = "、".join(shown) + (f" 等 {len(codes)} 个网格" if more else "")
    if more:
        return ", ".join(shown) + f" and {more} more", chinese
    return (", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else "".join(shown)), chinese


def _size(area_m2: float, width_m: float, length_m: float) -> Sentences:
    (en, zh), (wide, wide_zh), (long, long_zh) = area(area_m2), length(width_m), length(length_m)
    return f"{en} ({wide} wide, {long} long)", f"{zh}（宽 {wide_zh}，长 {long_zh}）"


def invalid_geometry(code: str, reason: str, place: Place) -> Sentences:
    """Say why a polygon is none; a reason without words of ours is told as the geometry library puts it."""
    en, zh = _REASONS.get(reason, (f"is not valid ({reason})", f"图形无效（{reason}）"))
    where, where_zh = at(place)
    subject, subject_zh = (f"Grid {code}", f"网格 {code} ") if code else ("The parent", "上级边界")
    return f"{subject} {en}{where}.", f"{subject_zh}{zh}{where_zh}。"


def overlap(codes: Sequence[str], size: tuple[float, float, float], place: Place) -> Sentences:
    """Say that grids share ground; ``size`` is area, width and length."""
    (en, zh), (who, who_zh), (where, where_zh) = _size(*size), named(codes), at(place)
    return f"Grids {who} overlap by {en}{where}.", f"网格 {who_zh} 重叠 {zh}{where_zh}（管理重复）。"


def contained(inner: str, outer: str, size: tuple[float, float, float], place: Place) -> Sentences:
    """Say that a grid lies wholly on the ground of another."""
    (en, zh), (where, where_zh) = _size(*size), at(place)
    return (
        f"Grid {inner} lies wholly on the ground of {outer}: {en}{where}.",
        f"网格 {inner} 完全位于网格 {outer} 之内：{zh}{where_zh}。",
    )


def duplicate_geometry(codes: Sequence[str], area_m2: float, place: Place) -> Sentences:
    """Say that grids have the same polygon."""
    (en, zh), (who, who_zh), (where, where_zh) = area(area_m2), named(codes), at(place)
    return f"Grids {who} have the same polygon of {en}{where}.", f"网格 {who_zh} 图形完全相同：{zh}{where_zh}。"


def duplicate_code(code: str, times: int, place: Place) -> Sentences:
    """Say that a code is used more than once."""
    where, where_zh = at(place)
    return (
        f"The code {code} stands for {times} grids, the first{where}; a code names one grid.",
        f"编码 {code} 被 {times} 个网格使用，第一个{where_zh.lstrip('，') or '位置不明'}；一个编码只能对应一个网格。",
    )


def gap(neighbours: Sequence[str], size: tuple[float, float, float], place: Place) -> Sentences:
    """Say that ground between grids has no owner."""
    (en, zh), (who, who_zh), (where, where_zh) = _size(*size), named(neighbours), at(place)
    beside, beside_zh = (f" beside {who}", f"，相邻网格：{who_zh}") if neighbours else ("", "")
    return f"Nobody owns {en}{beside}{where}.", f"管理空白 {zh}{beside_zh}{where_zh}。"


def uncovered_parent(
    parent: str | None, neighbours: Sequence[str], size: tuple[float, float, float], place: Place
) -> Sentences:
    """Say that ground along the parent's edge has no owner."""
    (en, zh), (who, who_zh), (where, where_zh) = _size(*size), named(neighbours), at(place)
    beside, beside_zh = (f" beside {who}", f"，相邻网格：{who_zh}") if neighbours else ("", "")
    edge, edge_zh = (f"the edge of {parent}", f"上级 {parent} ") if parent else ("the parent's edge", "上级")
    return f"Nobody owns {en} along {edge}{beside}{where}.", f"{edge_zh}边缘未覆盖 {zh}{beside_zh}{where_zh}。"


def outside_parent(
    parent: str | None, codes: Sequence[str], size: tuple[float, float, float], place: Place
) -> Sentences:
    """Say that grids reach over the parent's edge."""
    (en, zh), (who, who_zh), (where, where_zh) = _size(*size), named(codes), at(place)
    verb, plural = ("reach", "s") if len(codes) > 1 else ("reaches", "")
    outer, outer_zh = (parent, f"上级 {parent} ") if parent else ("the parent", "上级")
    return (
        f"Grid{plural} {who} {verb} {en} out of {outer}{where}.",
        f"网格 {who_zh} 超出{outer_zh}边界 {zh}{where_zh}。",
    )


def unmatched_vertex(lacking: str | None, holders: Sequence[str], place: Place) -> Sentences:
    """Say that a vertex of one grid lies on the edge of another that lacks it; None: the parent lacks it."""
    (who, who_zh), (where, where_zh) = named(holders), at(place)
    subject, subject_zh = (f"Grid {lacking}", f"网格 {lacking} ") if lacking else ("The parent", "上级边界")
    verb = "have" if len(holders) > 1 else "has"
    return (
        f"{subject} lacks a vertex that {who or 'the parent'} {verb} on their common edge{where}.",
        f"{subject_zh}的公共边上缺少一个顶点，而 {who_zh or '上级边界'} 有该顶点{where_zh}。",
    )


def multipart(code: str, parts: int, place: Place) -> Sentences:
    """Say that a grid is in several pieces; the place is in the smallest."""
    where, where_zh = at(place)
    return (
        f"Grid {code} is in {parts} pieces, the smallest{where}.",
        f"网格 {code} 由 {parts} 个互不相连的部分组成，最小的部分{where_zh.lstrip('，')}。",
    )


def narrow(code: str, width_m: float, place: Place) -> Sentences:
    """Say that a whole grid is a sliver."""
    (wide, wide_zh), (where, where_zh) = length(width_m), at(place)
    return f"Grid {code} is only {wide} wide{where}.", f"网格 {code} 宽度仅 {wide_zh}{where_zh}。"


def household_range(code: str, households: int, least: int, most: int) -> Sentences:
    """Say that a grid has too few or too many households."""
    off, off_zh = ("fewer", "少于") if households < least else ("more", "多于")
    return (
        f"Grid {code} has {households} households, {off} than the {least} to {most} asked for.",
        f"网格 {code} 有 {households} 户，{off_zh}规定的 {least}–{most} 户。",
    )


def low_coverage(parent: str | None, ratio: float, target: float, gap_m2: float) -> Sentences:
    """Say that too little of the parent is owned."""
    left, left_zh = area(gap_m2)
    whole, whole_zh = (parent, f"上级 {parent} ") if parent else ("the parent", "上级")
    return (
        f"Grids cover {ratio:.2%} of {whole}, less than the {target:.2%} asked for: {left} have no owner.",
        f"网格覆盖{whole_zh}的 {ratio:.2%}，低于要求的 {target:.2%}：{left_zh}无归属。",
    )


def enclave(inner: str, outer: str, place: Place) -> Sentences:
    """Say that a grid has one neighbour all around."""
    where, where_zh = at(place)
    return f"Grid {inner} is enclosed by {outer}{where}.", f"网格 {inner} 被网格 {outer} 完全包围{where_zh}。"


def not_contiguous(codes: Sequence[str], place: Place) -> Sentences:
    """Say that grids hang together with the others by no edge."""
    (who, who_zh), (where, where_zh) = named(codes), at(place)
    verb, plural = ("share", "s") if len(codes) > 1 else ("shares", "")
    return (
        f"Grid{plural} {who} {verb} no edge with the rest{where}.",
        f"网格 {who_zh} 与其余网格没有公共边{where_zh}。",
    )


def bad_code(code: str) -> Sentences:
    """Say that a code has the wrong form."""
    return (
        f"The code {code!r} is not made of 1 to 32 letters A–Z, a–z and digits.",
        f"编码 {code!r} 不符合要求：须为 1 至 32 位字母或数字。",
    )


def unknown_level(code: str, level: str | None, levels: Sequence[str]) -> Sentences:
    """Say that a grid's level is none of those in use."""
    return (
        f"Grid {code} has the level {level!r}; the levels are {', '.join(levels)}.",
        f"网格 {code} 的层级 {level!r} 无效；可用层级：{'、'.join(levels)}。",
    )


def unknown_parent(code: str, parent: str) -> Sentences:
    """Say that a grid names a parent that is not there."""
    return (
        f"Grid {code} names the parent {parent}, which is not among the grids.",
        f"网格 {code} 的上级 {parent} 不存在。",
    )


def own_ancestor(code: str, parent: str) -> Sentences:
    """Say that the parents of a grid lead back to it."""
    return (
        f"Grid {code} is its own ancestor by way of its parent {parent}.",
        f"网格 {code} 经由上级 {parent} 成为自己的上级。",
    )


def parent_not_above(code: str, level: str, parent: str, parent_level: str) -> Sentences:
    """Say that a parent's level is not above its child's."""
    return (
        f"Grid {code} of level {level} has the parent {parent} of level {parent_level}, which is not above it.",
        f"网格 {code}（{level}）的上级 {parent}（{parent_level}）层级不高于它。",
    )


def unowned_building(code: str, place: Place, *, within: bool) -> Sentences:
    """Say that no leaf grid has a building, on the ground of the city or beyond it."""
    where, where_zh = at(place)
    if within:
        return f"Building {code} lies in no grid{where}.", f"楼栋 {code} 未划入任何网格{where_zh}。"
    return (
        f"Building {code} lies outside the ground of all grids{where}.",
        f"楼栋 {code} 位于全部网格范围之外{where_zh}。",
    )


def split_building(code: str, grids: Sequence[str], place: Place) -> Sentences:
    """Say that the points of a building lie in different grids."""
    (who, who_zh), (where, where_zh) = named(grids), at(place)
    return (
        f"Building {code} is divided between the grids {who}{where}.",
        f"楼栋 {code} 被网格 {who_zh} 分割{where_zh}。",
    )


def unbalanced(code: str, off: Sequence[Deviation]) -> Sentences:
    """Say in which measures a grid has much more or less than its siblings."""
    told = [
        f"{value:,.10g} {_MEASURES[measure][0]} ({deviation:+.0%} of the mean {mean:,.1f})"
        for measure, value, mean, deviation in off
    ]
    told_zh = [
        f"{_MEASURES[measure][1]} {value:,.10g}（均值 {mean:,.1f}，偏差 {deviation:+.0%}）"
        for measure, value, mean, deviation in off
    ]
    return (
        f"Grid {code} differs from its siblings: {', '.join(told)}.",
        f"网格 {code} 与同级网格不均衡：{'，'.join(told_zh)}。",
    )
