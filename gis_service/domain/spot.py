"""Where an incident happened: the building named, the point given, the grid picked, where the reporter stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyproj import Geod

from gis_service.domain.building import Building, Entrance
from gis_service.domain.incident import Point, Report
from gis_service.domain.place import Place
from gis_service.domain.reason import Reason
from gis_service.errors import InputFault, RuleBrokenError

FAR_FROM_BUILDING_M = 100.0
"""A point farther than this from the building named with it is remarked upon: one of the two may be wrong."""

MOST_LIKELY = 10
"""So many of the grids that may own an uncertain point are told."""

_KEPT = {
    "building": ("the building is kept in", "楼栋登记归属"),
    "unit": ("the unit is kept in", "该户（铺）登记归属"),
    "grid": ("the grid picked is", "手选网格"),
}
"""How it is said that something else than the point has decided the owner."""

_ELLIPSOID = Geod(ellps="GRS80")


@dataclass(frozen=True, slots=True)
class Located:
    """How it was said where an incident happened.

    ``event_point`` is where it happened, as far as known: where a reporter stood is not that.
    """

    located_by: str
    event_point: Point | None
    building_code: str | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Spot(Located):
    """The point that decides the owner, and how it was chosen (degrees, EPSG:4326)."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Pick(Located):
    """The grid that somebody picked, which decides the owner without a point."""

    place: Place


def find_spot(report: Report, building: Building | None, entrance: Entrance | None = None) -> Spot:
    """Choose the point by which the owner is found.

    Args:
        report: with at least one of building code, point and reporter's point.
        building: the one that the report names; None when it names none or one that is not known.
        entrance: the door of it that the report names, if it names one.

    Raises:
        RuleBrokenError: neither building nor picked grid are known, and no point is there to fall back to.
    """
    if building is not None:
        return _at_building(report, building, entrance)
    point = report.point or report.reporter_point
    if point is None:
        raise _unknown(report)
    prefix, prefix_zh = _instead_of_building(report)
    if report.point is not None:
        reason = Reason("located", f"{prefix}by the point given", f"{prefix_zh}按所报坐标定位")
        return Spot("coordinate", point, None, reason, point.lon, point.lat)
    if report.picked_grid is not None:
        prefix += f"{'and ' if prefix else ''}grid {report.picked_grid} is not there; instead "
        prefix_zh += f"{'，' if prefix_zh else ''}网格 {report.picked_grid} 不存在，改"
    reason = Reason("located", f"{prefix}by where the reporter stood", f"{prefix_zh}按上报人位置定位")
    return Spot("reporter", None, None, reason, point.lon, point.lat)


def pick_grid(report: Report, place: Place) -> Pick:
    """Return what a picked grid decides: ``place``, which that grid is or which is nowhere."""
    prefix, prefix_zh = _instead_of_building(report)
    detail = f"{prefix}by grid {report.picked_grid}, picked by hand"
    reason = Reason("located", detail, f"{prefix_zh}按手选网格 {report.picked_grid} 定位")
    return Pick("grid", None, None, reason, place)


def _instead_of_building(report: Report) -> tuple[str, str]:
    if report.building_code is None:
        return "", ""
    return (
        f"building {report.building_code} is not known; instead ",
        f"楼栋 {report.building_code} 未登记，改",
    )


def _unknown(report: Report) -> RuleBrokenError:
    faults = []
    if report.building_code is not None:
        faults.append(InputFault("/building_code", f"building {report.building_code} is not known"))
    if report.picked_grid is not None:
        faults.append(InputFault("/grid", f"grid {report.picked_grid} is not known"))
    code = "unknown-building" if report.building_code is not None else "unknown-grid"
    sentence = " and ".join(fault.detail for fault in faults)
    return RuleBrokenError(f"{sentence}; name another or give a point", code=code, faults=faults)


def explain_owner(place: Place) -> Reason:
    """Say whose ground the point is, in which edition, and what decided it."""
    if place.edition is None:
        return Reason("owner", "no boundaries are published yet", "尚未发布网格边界")
    edition, edition_zh = f"edition {place.edition}", f"第 {place.edition} 版"
    if not place.in_force:
        edition += " (it happened before the first edition, which was taken)"
        edition_zh += "（发生时间早于首版，按首版判定）"
    facts: dict[str, Any] = {"edition": place.edition, "match": place.match}
    if place.candidates:
        facts["candidates"] = [{"code": code, "probability": share} for code, share in place.candidates[:MOST_LIKELY]]
    if place.owner is None:
        return _explain_nowhere(place, edition, edition_zh, facts)
    name = f"{place.owner} {place.chain[-1].name}" if place.chain else place.owner
    if place.decided_by in _KEPT:
        kept, kept_zh = _KEPT[place.decided_by]
        return Reason("owner", f"{kept} {name} in {edition}", f"{kept_zh} {name}（{edition_zh}）", facts)
    if place.tied_with:
        others = ", ".join(place.tied_with)
        shared = f"an edge that {place.owner} shares with {others} in {edition}"
        detail = f"the point lies on {shared}; the smallest code wins"
        detail_zh = f"该点位于{edition_zh} {place.owner} 与 {others} 的共用边界上，按编码最小者归属"
    elif place.match == "partial":
        detail = f"the point lies in {name} in {edition}, and in no grid below it"
        detail_zh = f"该点在{edition_zh} {name} 内，但不在其任何下级网格内"
    else:
        detail, detail_zh = f"the point lies in {name} in {edition}", f"该点在{edition_zh} {name} 内"
    if place.probability is not None:
        facts["probability"] = place.probability
        detail += f"; as accurate as the point is, with a probability of {place.probability:.2f}"
        detail_zh += f"；按定位精度，归属概率 {place.probability:.2f}"
    return Reason("owner", detail, detail_zh, facts)


def _explain_nowhere(place: Place, edition: str, edition_zh: str, facts: dict[str, Any]) -> Reason:
    if place.decided_by == "grid":
        return Reason("owner", f"the grid picked is not in {edition}", f"手选网格不在{edition_zh}中", facts)
    detail, detail_zh = f"the point lies in no grid of {edition}", f"该点不在{edition_zh}任何网格内"
    if place.nearest is not None:
        code, distance_m = place.nearest
        detail += f"; the nearest is {code}, {distance_m:.1f} m away"
        detail_zh += f"，最近的网格为 {code}，距离 {distance_m:.1f} 米"
        facts["nearest"] = {"code": code, "distance_m": round(distance_m, 3)}
    return Reason("owner", detail, detail_zh, facts)


def _at_building(report: Report, building: Building, entrance: Entrance | None) -> Spot:
    named = building if entrance is None else entrance
    at_building = Point(named.lon, named.lat)
    door, door_zh = ("", "") if entrance is None else (f", entrance {entrance.label}", f"入口 {entrance.label} ")
    detail, detail_zh = f"by building {building.code}{door}", f"按楼栋 {building.code} {door_zh}定位"
    facts: dict[str, float] = {}
    if report.point is not None:
        away_m = _distance_m(at_building, report.point)
        facts["distance_m"] = round(away_m, 1)
        detail += f"; the point given lies {away_m:.1f} m from it"
        detail_zh += f"，所报坐标距其 {away_m:.1f} 米"
        if away_m > FAR_FROM_BUILDING_M:
            detail += ", which is far: please check"
            detail_zh += "，偏差较大，请核对"
    reason = Reason("located", detail, detail_zh, facts)
    return Spot("building", report.point or at_building, building.code, reason, building.lon, building.lat)


def _distance_m(first: Point, second: Point) -> float:
    _, _, distance_m = _ELLIPSOID.inv(first.lon, first.lat, second.lon, second.lat)
    return float(distance_m)
