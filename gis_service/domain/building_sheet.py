"""The columns of a sheet of buildings, and by which headings people call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gis_service.domain.building_code import fold_label
from gis_service.errors import InputFault, RuleBrokenError

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("楼栋编码", "楼栋代码", "建筑编码", "建筑物编码", "building_code", "编码", "lddm"),
    "name": ("楼栋名称", "建筑名称", "建筑物名称", "building_name", "名称", "楼栋", "楼名"),
    "address": ("详细地址", "楼栋地址", "门牌地址", "标准地址", "地址", "门牌"),
    "use": ("建筑用途", "房屋用途", "使用性质", "用途", "building_use"),
    "storeys": ("楼层数", "层数", "地上层数", "总层数", "floors", "storey"),
    "households": ("户数", "总户数", "住户数", "household"),
    "lon": ("经度", "longitude", "lng", "x", "东坐标"),
    "lat": ("纬度", "latitude", "y", "北坐标"),
    "built_on": ("建成日期", "竣工日期", "建成时间", "建成年份", "built"),
    "verified_on": ("核实日期", "核查日期", "采集日期", "更新日期", "verified"),
    "footprint": ("轮廓", "建筑轮廓", "wkt", "geometry"),
}
"""Each column and its other names, the likeliest first; names of columns are names of headings too.

No name has more than ten bytes that a Shapefile would cut off, and those of letters are compared without their case.
"""

NOT_READ = frozenset({"grid", "网格", "网格编码", "所属网格"})
"""Headings of what an export tells and an import finds out anew."""


def map_columns(headings: Sequence[str], asked: Mapping[str, str] | None = None) -> dict[str, int]:
    """Return where each column stands among the headings.

    Args:
        headings: as the file has them.
        asked: the heading of a column, by column; the others are guessed.  Empty text: the file has no such column.

    Raises:
        RuleBrokenError: code ``unknown-column``: a column is asked for that there is not; ``no-such-field``: a
            heading that the file has not; ``ambiguous-field``: a heading that stands there twice.
    """
    folded = [fold_label(heading) for heading in headings]
    found: dict[str, int] = {}
    for column, heading in (asked or {}).items():
        if column not in COLUMNS:
            raise _refused(
                "unknown-column", f"there is no column {column!r}; they are {', '.join(COLUMNS)}", "没有此列"
            )
        if heading:
            found[column] = _only(folded, fold_label(heading), heading, headings)
    for column, others in COLUMNS.items():
        if column in found or column in (asked or {}):
            continue
        for name in (column, *others):
            if fold_label(name) in folded and folded.index(fold_label(name)) not in found.values():
                found[column] = _only(folded, fold_label(name), name, headings)
                break
    return found


def _only(folded: Sequence[str], wanted: str, heading: str, headings: Sequence[str]) -> int:
    count = folded.count(wanted)
    if count == 1:
        return folded.index(wanted)
    if count:
        raise _refused("ambiguous-field", f"the heading {heading!r} stands there {count} times", "表头重复")
    told = ", ".join(headings) or "none"
    raise _refused(
        "no-such-field", f"the file has no heading {heading!r}; its headings are: {told}", "文件中没有该表头"
    )


def _refused(code: str, sentence: str, chinese: str) -> RuleBrokenError:
    return RuleBrokenError(f"{sentence}. {chinese}。", code=code, faults=[InputFault("map", sentence)])
