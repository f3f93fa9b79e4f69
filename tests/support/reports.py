"""Incidents on the small ground of ``tests/support/desk.py``: reported for real, or as a record alone."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import DeclaredPoint, IncidentRecord, Report
from gis_service.domain.place import ChainLink
from gis_service.use_cases.report_incident import IncidentRequest, report_incident
from tests.support.desk import locate_on_ground

REPORTED_AT = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
PLACES = {"D07A": (102.71, 25.01), "D07B": (102.71, 25.03), "D08A": (102.73, 25.01), "nowhere": (102.71, 25.05)}
HOTLINE = Principal("hotline", "router")


def report(
    work: UnitOfWork, where: str = "D07A", category: str = "hazard", by: Principal = HOTLINE
) -> IncidentRecord:
    """Report an incident at a place with a name."""
    told = Report(category, "general", "hotline", "x", REPORTED_AT)
    request = IncidentRequest(told, str(uuid4()), b"", point=DeclaredPoint(*PLACES[where]))
    zone = ZoneInfo("Asia/Shanghai")
    return report_incident(
        request, principal=by, locate=locate_on_ground, zone=zone, now=REPORTED_AT, work=work
    ).incident


DISTRICT, STREET, COMMUNITY, GRID = (
    ChainLink("D", "盘龙区", "district"),
    ChainLink("D07", "东华街道", "street"),
    ChainLink("D07C", "三社区", "community"),
    ChainLink("D07C2", "二网格", "unit_grid"),
)


def record(state: str = "reported", **values) -> IncidentRecord:
    """Return an incident of a unit grid in a community of a street, as a caller who is in charge of it reads it."""
    chain = values.pop("chain", (DISTRICT, STREET, COMMUNITY, GRID))
    usual = {
        "id": UUID(int=7),
        "feature_id": 7,
        "version": 1,
        "state": state,
        "category": "hazard",
        "severity": "general",
        "channel": "patrol",
        "description": "x",
        "occurred_at": REPORTED_AT,
        "reported_at": REPORTED_AT,
        "owner": chain[-1].code if chain else None,
        "chain": chain,
        "edition": 1,
        "located_by": "coordinate",
        "department": "emergency",
        "explain": (),
        "tied_with": (),
        "assisting": (),
        "declined": (),
        "alarm_step": 0,
        "in_charge": True,
    }
    unsaid = dict.fromkeys(name for name in IncidentRecord.__slots__ if name not in usual)
    return IncidentRecord(**unsaid | usual | values)
