"""Where an incident happened: the building named, else the point given, else where the reporter stood."""

from __future__ import annotations

from dataclasses import dataclass

from pyproj import Geod

from gis_service.domain.building import Building
from gis_service.domain.incident import Point, Report
from gis_service.domain.place import Place
from gis_service.domain.reason import Reason
from gis_service.errors import InputFault, RuleBrokenError

FAR_FROM_BUILDING_M = 100.0
"""A point farther than this from the building named with it is remarked upon: one of the two may be wrong."""

_ELLIPSOID = Geod(ellps="GRS80")


@dataclass(frozen=True, slots=True)
class Spot:
    """The point that decides the owner, and how it was chosen (degrees, EPSG:4326).

    ``event_point`` is where it happened, as far as known: where a reporter stood is not that.
    """

    located_by: str
    lon: float
    lat: float
    event_point: Point | None
    building_code: str | None
    reason: Reason


def find_spot(report: Report, building: Building | None) -> Spot:
    """Choose the point by which the owner is found.

    Args:
        report: with at least one of building code, point and reporter's point.
        building: the one that the report names; None when it names none or one that is not known.

    Raises:
        RuleBrokenError: the building is not known and no point is there to fall back to.
    """
    if building is not None:
        return _at_building(report, building)
    point = report.point or report.reporter_point
    if point is None:
        fault = InputFault("/building_code", f"building {report.building_code} is not known")
        raise RuleBrokenError(
            f"building {report.building_code} is not known; name another or give a point",
            code="unknown-building",
            faults=[fault],
        )
    prefix = prefix_zh = ""
    if report.building_code is not None:
        prefix = f"building {report.building_code} is not known; instead "
        prefix_zh = f"楼栋 {report.building_code} 未登记，改"
    if report.point is not None:
        reason = Reason("located", f"{prefix}by the point given", f"{prefix_zh}按所报坐标定位")
        return Spot("coordinate", point.lon, point.lat, point, None, reason)
    reason = Reason("located", f"{prefix}by where the reporter stood", f"{prefix_zh}按上报人位置定位")
    return Spot("reporter", point.lon, point.lat, None, None, reason)


def explain_owner(place: Place) -> Reason:
    """Say whose ground the point is, in which edition, and what decided it."""
    if place.edition is None:
        return Reason("owner", "no boundaries are published yet", "尚未发布网格边界")
    edition, edition_zh = f"edition {place.edition}", f"第 {place.edition} 版"
    if not place.in_force:
        edition += " (it happened before the first edition, which was taken)"
        edition_zh += "（发生时间早于首版，按首版判定）"
    facts = {"edition": place.edition, "match": place.match}
    if place.owner is None:
        detail, detail_zh = f"the point lies in no grid of {edition}", f"该点不在{edition_zh}任何网格内"
        if place.nearest is not None:
            code, distance_m = place.nearest
            detail += f"; the nearest is {code}, {distance_m:.1f} m away"
            detail_zh += f"，最近的网格为 {code}，距离 {distance_m:.1f} 米"
            facts["nearest"] = {"code": code, "distance_m": round(distance_m, 3)}
        return Reason("owner", detail, detail_zh, facts)
    name = f"{place.owner} {place.chain[-1].name}" if place.chain else place.owner
    if place.tied_with:
        others = ", ".join(place.tied_with)
        return Reason(
            "owner",
            f"the point lies on an edge that {place.owner} shares with {others} in {edition}; the smallest code wins",
            f"该点位于{edition_zh} {place.owner} 与 {others} 的共用边界上，按编码最小者归属",
            facts,
        )
    if place.match == "partial":
        return Reason(
            "owner",
            f"the point lies in {name} in {edition}, and in no grid below it",
            f"该点在{edition_zh} {name} 内，但不在其任何下级网格内",
            facts,
        )
    return Reason("owner", f"the point lies in {name} in {edition}", f"该点在{edition_zh} {name} 内", facts)


def _at_building(report: Report, building: Building) -> Spot:
    at_building = Point(building.lon, building.lat)
    detail, detail_zh = f"by building {building.code}", f"按楼栋 {building.code} 定位"
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
    return Spot("building", building.lon, building.lat, report.point or at_building, building.code, reason)


def _distance_m(first: Point, second: Point) -> float:
    _, _, distance_m = _ELLIPSOID.inv(first.lon, first.lat, second.lon, second.lat)
    return float(distance_m)
