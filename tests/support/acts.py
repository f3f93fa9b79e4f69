"""Acts for the record, and the hand of somebody who may do anything in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.audit import AuditEvent, make_event

BEGAN = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)


def act(number: int, **members: Any) -> AuditEvent:
    """A read of one incident by a worker, so many minutes after the beginning."""
    made = make_event(
        BEGAN + timedelta(minutes=number),
        "read",
        ("token:7", "worker", "D07", "10.0.0.9"),
        ("GET", "/v1/incidents/{incident_id}", [f"incident-{number}"], "lang=zh"),
        (1, {"important"}),
        "回访",
        200,
        f"request-{number}",
    )
    return AuditEvent(**{name: members.get(name, getattr(made, name)) for name in AuditEvent.__slots__})


def record(work: UnitOfWork, events: Sequence[AuditEvent]) -> list[int]:
    """Store acts and return their ids."""
    with work:
        work.audit.add(events)
        work.commit()
        newest = work.audit.rows_between(-(2**63), 2**63 - 1)[-len(events) :]
    return [one.id for one in newest]


def tamper(open_session: sessionmaker[Session], *statements: str, **values: Any) -> None:
    """Do what no trigger allows, as the superuser of the database can."""
    with open_session() as session:
        session.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement), values)
        session.execute(text("SET session_replication_role = origin"))
        session.commit()
