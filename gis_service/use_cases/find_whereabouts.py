"""Find how a report says where it was, and whose ground that is where more than a point decides."""

from __future__ import annotations

from dataclasses import replace

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.building_code import fold_label
from gis_service.domain.building_lookup import FoundBuilding
from gis_service.domain.incident import Report
from gis_service.domain.place import Place
from gis_service.domain.spot import Located, find_spot, pick_grid
from gis_service.errors import ClashError, NotFoundError
from gis_service.use_cases.find_place import find_picked_place, owned_by
from gis_service.use_cases.locate_building import find_building


def find_whereabouts(report: Report, work: UnitOfWork) -> tuple[Report, Located]:
    """Return what decides the owner: the building named, the point given, the grid picked, where the reporter stood.

    The first of these that is there and known; inside a transaction already begun.  A grid that is known and not in
    the edition of the time gives way to where the reporter stood, and alone leaves the incident without an owner.

    Returns:
        The report, without a picked grid that no edition has ever had, and what decides.

    Raises:
        RuleBrokenError: what is named is not known, and nothing else says where it was.
        ClashError: several buildings have the alias, and nothing else says where it was.
    """
    found = _named_building(report, work)
    if found is not None:
        return _storable(report, work), find_spot(report, found.building, found.entrance)
    if report.point is not None or report.picked_grid is None:
        return _storable(report, work), find_spot(report, None)
    place = find_picked_place(report.picked_grid, report.occurred_at, work)
    storable = _storable(report, work)
    if place.owner is None and (report.reporter_point is not None or storable.picked_grid is None):
        return storable, find_spot(report, None)
    return storable, pick_grid(report, place)


def settle_owner(place: Place, report: Report, located: Located, work: UnitOfWork) -> Place:
    """Return a place with the owner kept for the building, or for the unit of it that the report names.

    Inside a transaction already begun.  What is kept goes before what the point of the building says, as it does in
    a lookup by building.
    """
    if located.building_code is None or place.edition is None:
        return place
    kept = work.building_places.owner_of(located.building_code, place.edition)
    if kept is not None and kept != place.owner:
        place = owned_by(place, kept, "building", work)
    if report.unit is None or place.edition is None:
        return place
    kept = work.building_places.owner_of_unit(located.building_code, fold_label(report.unit), place.edition).grid_code
    return place if kept is None or kept == place.owner else owned_by(place, kept, "unit", work)


def _named_building(report: Report, work: UnitOfWork) -> FoundBuilding | None:
    if report.building_code is None:
        return None
    try:
        return find_building(report.building_code, work)
    except NotFoundError:
        return None
    except ClashError:
        if report.point is None and report.picked_grid is None and report.reporter_point is None:
            raise
        return None


def _storable(report: Report, work: UnitOfWork) -> Report:
    if report.picked_grid is None or work.rules.known_grids([report.picked_grid]):
        return report
    return replace(report, picked_grid=None)
