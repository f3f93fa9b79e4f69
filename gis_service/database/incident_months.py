"""The months in which incidents and their events lie: made ahead, set aside, and put back."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from sqlalchemy import func, literal_column, select, text
from sqlalchemy.orm import Session

from gis_service.database.tables import incident
from gis_service.domain.incident import CLOSED_STATES
from gis_service.domain.incident_month import IncidentMonth, next_month

_LIST = text(files("gis_service.database").joinpath("sql", "incident_months.sql").read_text("utf-8"))

# In the order in which they are made; events name incidents, so they go first when set aside.
_TABLES = ("incident", "incident_event")

# What is set aside is held to nothing that is not: no row beside it keeps it from being dumped, moved or dropped.
_OWN_KEYS = text(
    "SELECT quote_ident(conname) FROM pg_constraint"
    " WHERE conrelid = to_regclass(:table) AND contype = 'f' AND conparentid = 0"
)

_ONE_AT_A_TIME = 0x6D6F6E74  # "mont" in ASCII
_LONGEST_WAIT = text("SET LOCAL lock_timeout = '5s'")


class IncidentMonthRepository:
    """Parts of ``incident`` and ``incident_event``, months of the report in UTC.

    Making, setting aside and putting back lock the tables for a moment; they give up after five seconds of waiting.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def list(self) -> list[IncidentMonth]:
        """Return the months that are there, the oldest first, and at last what lies in none."""
        return [IncidentMonth(**row) for row in self._session.execute(_LIST).mappings()]

    def lock(self) -> None:
        """Wait until nobody else makes or sets aside months, and hold it until the end of the transaction."""
        self._session.execute(_LONGEST_WAIT)
        self._session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))

    def has_strays(self, month: date) -> bool:
        """Tell whether incidents of a month lie in the part for those of no month."""
        first, after = _bounds(month)
        strays = f"SELECT FROM incident_months.incident_other WHERE id >= {first} AND id < {after}"
        return bool(self._session.scalar(text(f"SELECT EXISTS ({strays})")))

    def make(self, month: date) -> None:
        """Make a month that is not there."""
        first, after = _bounds(month)
        for table in _TABLES:
            self._run(
                f"CREATE TABLE {_part(table, month)} PARTITION OF {table} FOR VALUES FROM ({first}) TO ({after})"
            )

    def count_open(self, month: date) -> int:
        """Return how many incidents of a month are not closed."""
        first, after = _bounds(month)
        query = select(func.count()).where(
            incident.c.id >= literal_column(first),
            incident.c.id < literal_column(after),
            incident.c.state.not_in(CLOSED_STATES),
        )
        return self._session.scalar(query) or 0

    def detach(self, month: date) -> None:
        """Set a month aside: its tables stay, and no list, count or tile shows what is in them.

        The keys by which a second try of its reports is known are forgotten.
        """
        first, after = _bounds(month)
        self._run(f"DELETE FROM idempotency_key WHERE incident_id >= {first} AND incident_id < {after}")  # noqa: S608 - a date
        for table in reversed(_TABLES):
            self._run(f"ALTER TABLE {table} DETACH PARTITION {_part(table, month)}")
            for name in self._session.scalars(_OWN_KEYS, {"table": _part(table, month)}).all():
                self._run(f"ALTER TABLE {_part(table, month)} DROP CONSTRAINT {name}")

    def attach(self, month: date) -> None:
        """Put a month back that was set aside."""
        first, after = _bounds(month)
        for table in _TABLES:
            self._run(
                f"ALTER TABLE {table} ATTACH PARTITION {_part(table, month)} FOR VALUES FROM ({first}) TO ({after})"
            )

    def _run(self, statement: str) -> None:
        self._session.execute(text(statement))


def _part(table: str, month: date) -> str:
    return f"incident_months.{table}_{month:%Y_%m}"


def _bounds(month: date) -> tuple[str, str]:
    first, after = (f"first_incident_id('{day.isoformat()}T00:00:00Z')" for day in (month, next_month(month)))
    return first, after
