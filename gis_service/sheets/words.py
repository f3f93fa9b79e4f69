"""What a sheet says beside names, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["zh", "en"]

WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "title": "{name}划分区域图",
        "legend": "图例",
        "outer": "本图网格界线",
        "inner": "下级网格界线",
        "near": "相邻网格界线",
        "dedicated": "专属网格",
        "callout": "编号，见表",
        "building": "楼栋",
        "children": "{level} {count} 个",
        "grids": "下级网格 {count} 个",
        "buildings": "楼栋 {count} 栋",
        "households": "{count} 户",
        "area": "面积 {area}",
        "number": "编号",
        "code": "网格代码",
        "name": "名称",
        "homes": "户数",
        "size": "面积/{unit}",
        "total": "合计",
        "next": "续表见下页",
        "again": "{title}　网格一览表（续）",
        "page": "第 {page} 页，共 {pages} 页",
        "north": "北",
        "plane": "坐标系：CGCS2000（与 WGS 84 视为一致），高斯-克吕格投影 3° 带，中央经线{meridian}{epsg}",
        "edition": "版次：第 {number} 版，自 {effective} 起施行　制图日期：{drawn}　校验码：{checksum}",
        "source": "资料来源：{source}",
        "east": "东经",
        "west": "西经",
    },
    "en": {
        "title": "{name}: map of its grids",
        "legend": "Legend",
        "outer": "edge of the grid shown",
        "inner": "edge of a grid in it",
        "near": "edge of a neighbour",
        "dedicated": "dedicated grid",
        "callout": "number in the table",
        "building": "building",
        "children": "{level}: {count}",
        "grids": "grids: {count}",
        "buildings": "buildings: {count}",
        "households": "{count} households",
        "area": "area {area}",
        "number": "No.",
        "code": "Code",
        "name": "Name",
        "homes": "Homes",
        "size": "Area/{unit}",
        "total": "Total",
        "next": "continued on the next page",
        "again": "{title} (table, continued)",
        "page": "page {page} of {pages}",
        "north": "N",
        "plane": "CGCS2000 (taken as WGS 84), Gauss-Kruger zone of 3°, central meridian {meridian}{epsg}",
        "edition": "Edition {number}, in force from {effective}; drawn {drawn}; checksum {checksum}",
        "source": "Source: {source}",
        "east": "E",
        "west": "W",
    },
}


def title_of(name: str, language: Language) -> str:
    """Return the title of the sheet of a grid; a name that ends in 网格 already does not say it twice."""
    if language == "zh" and not name.endswith("网格"):
        name = f"{name}网格"
    return WORDS[language]["title"].format(name=name)


def meridian_in_words(degrees: int, language: Language) -> str:
    """Return a central meridian as it is written."""
    side = WORDS[language]["east" if degrees >= 0 else "west"]
    return f"{side} {abs(degrees)}°" if language == "zh" else f"{abs(degrees)}° {side}"


def area_in_words(area_m2: float) -> str:
    """Return an area in the unit that suits it."""
    number, unit = area_in(area_m2, unit_for(area_m2)), unit_for(area_m2)
    return f"{number} {unit}"


def unit_for(area_m2: float) -> str:
    """Return km² from a square kilometre on, else ha (公顷)."""
    return "km²" if area_m2 >= 1e6 else "ha"  # noqa: PLR2004 - a square kilometre


def area_in(area_m2: float, unit: str) -> str:
    """Return an area in km² or ha with the decimals that a table needs."""
    return f"{area_m2 / 1e6:,.2f}" if unit == "km²" else f"{area_m2 / 1e4:,.1f}"
