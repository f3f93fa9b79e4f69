"""``gis-service clocks ring``."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from gis_service.cli.main import app
from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.domain.incident import DeclaredPoint, Report
from gis_service.use_cases.report_incident import IncidentRequest, report_incident
from tests.support.desk import locate_on_ground, prepare


def test_ring_tells_how_much_has_rung(own_database, monkeypatch):
    """Reported 230 of 240 minutes ago: one reminder, and nothing the second time."""
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=30_000)
    work = UnitOfWork(make_session_factory(engine))
    prepare(work)
    at = datetime.now(UTC) - timedelta(minutes=230)
    report_incident(
        IncidentRequest(Report("hazard", "general", "patrol", "x", at), "k", b"", point=DeclaredPoint(102.71, 25.01)),
        principal=Principal("hotline", "router"),
        locate=locate_on_ground,
        zone=ZoneInfo("Asia/Shanghai"),
        now=at,
        work=work,
    )
    engine.dispose()
    monkeypatch.setenv("GIS_DATABASE_URL", own_database)

    first = CliRunner().invoke(app, ["clocks", "ring", "--json"])
    second = CliRunner().invoke(app, ["clocks", "ring"])

    assert (first.exit_code, json.loads(first.stdout)) == (0, {"reminded": 1, "alerted": 0})
    assert (second.exit_code, second.stdout) == (0, "0 reminded, 0 alerted\n")
