"""Incidents and events in a database of its own, without ground: what the feed needs, and no more."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, text

_CATEGORY = text("INSERT INTO category VALUES (:code, :code, :code) ON CONFLICT DO NOTHING")
_INCIDENT = text(
    "INSERT INTO incident (id, state, category, severity, channel, description, occurred_at, reported_by, chain,"
    " located_by, explain) VALUES (:id, 'unlocated', :category, 'general', 'patrol', 'x', now(), 'x', :chain,"
    " 'nowhere', '[]')"
)
_EVENT = text(
    "INSERT INTO incident_event (incident_id, kind, actor, to_state) VALUES (:id, :kind, 'x', 'unlocated')"
    " RETURNING id"
)


def incident_id(number: int) -> UUID:
    return UUID(int=number + 1)


def store_incidents(
    connection: Connection, count: int, category: str = "hazard", chain: tuple[str, ...] = ()
) -> None:
    """Store incidents with the numbers from 0, without events."""
    connection.execute(_CATEGORY, {"code": category})
    for number in range(count):
        values = {"id": incident_id(number), "category": category, "chain": list(chain)}
        connection.execute(_INCIDENT, values)


def write_event(connection: Connection, number: int, kind: str = "noted") -> int:
    """Let something happen to an incident as those do who change one: under the lock of its row.  Returns its id."""
    connection.execute(text("SELECT FROM incident WHERE id = :id FOR UPDATE"), {"id": incident_id(number)})
    return int(connection.execute(_EVENT, {"id": incident_id(number), "kind": kind}).scalar_one())
