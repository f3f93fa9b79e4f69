"""Incidents counted: sums by what is asked for, never one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib.resources import files
from operator import add
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, Text, and_, case, cast, func, literal, or_, select, text
from sqlalchemy.orm import Session

from gis_service.database.incidents import lies_under, seen_by
from gis_service.database.tables import count_secret, grid, incident, incident_event, level
from gis_service.domain.access import PUBLIC, Principal
from gis_service.domain.incident import CLOSED_STATES, STATES_WITHOUT_CLOCK
from gis_service.domain.incident_count import (
    DISCOVERED_BY,
    HANDLED_STATES,
    MARKS,
    NOT_COUNTED,
    PUBLIC_MONTHS,
    SATISFIED_FROM,
    CountFilter,
    CountQuestion,
    Key,
)
from gis_service.domain.repeat_place import MOST_IDS, RepeatPlace, RepeatQuestion

ROWS_AT_ONCE = 20_000

Places = Literal["nowhere", "owner", "chain", "point"]
"""What rows are kept apart by besides the dimensions, so that a grid can be found for each."""

_REPEAT_PLACES = text(files("gis_service.database").joinpath("sql", "repeat_places.sql").read_text("utf-8"))

_PLACES: dict[Places, dict[str, ColumnElement[object]]] = {
    "nowhere": {},
    "owner": {"owner": incident.c.owner},
    "chain": {"chain": func.array_to_string(incident.c.chain, " "), "stamped": incident.c.edition},
    "point": {
        "lon": func.ST_X(func.coalesce(incident.c.point, incident.c.reporter_point)),
        "lat": func.ST_Y(func.coalesce(incident.c.point, incident.c.reporter_point)),
        "chain": case(
            (
                func.coalesce(incident.c.point, incident.c.reporter_point).is_(None),
                func.array_to_string(incident.c.chain, " "),
            )
        ),
    },
}

# Incidents from before ``handled_at`` was kept tell it by their events.
_HANDLED_AT = func.coalesce(
    incident.c.handled_at,
    select(func.max(incident_event.c.at))
    .where(incident_event.c.incident_id == incident.c.id, incident_event.c.to_state == "handled")
    .correlate(incident)
    .scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class GridState:
    """A state of a grid: in the editions from ``since`` to before ``until`` (None: to this day)."""

    code: str
    name: str
    level: str
    rank: int
    since: int
    until: int | None


class IncidentCountRepository:
    """Reads ``incident`` in sums."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sums(
        self, question: CountQuestion, principal: Principal, zone: ZoneInfo, places: Places
    ) -> Iterator[list[tuple[tuple[Any, ...], Key, int, int]]]:
        """Yield batches of sums: the place, the key without the grid, the mark, and how many have all these.

        The same may come again.  Of what the caller may see; the public all that has an owner, rounded cell by cell
        (``sql/tile_incident_counts.sql``), by place alone and without marks.  A grid that the
        incidents are narrowed to is heeded by their chains, unless places are points.  Points are degrees, and the
        place that the owner was found by: where it happened or else where the reporter stood; the chain (codes apart
        by blanks) is there for what has neither.
        """
        if principal.role == PUBLIC.role:
            yield [((*place,), (), 0, number) for *place, number in self._rounded(question.wanted, principal, places)]
            return
        placed = _PLACES[places]
        keyed = [_dimension(name, zone, question.depth) for name in question.by if name != "grid"]
        groups = [column.label(f"group_{place}") for place, column in enumerate([*placed.values(), *keyed])]
        conditions = _conditions(question.wanted, principal, by_chain=places != "point")
        each = select(*groups, _mark().label("mark")).where(*conditions)
        if places == "point":
            # Hardly two are alike: to group them would take longer than to send them.
            query = each.add_columns(literal(1))
        else:
            # A fence: flattened, the mark would be made for each comparison.
            alike = each.offset(0).subquery()
            query = select(*alike.c, func.count()).group_by(*alike.c)
        split = len(placed)
        rows = self._session.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
        for batch in rows.partitions():
            yield [(row[:split], row[split:-2], row[-2], row[-1]) for row in map(tuple, batch)]

    def _rounded(self, wanted: CountFilter, principal: Principal, places: Places) -> list[tuple[Any, ...]]:
        """Return the place and the rounded number of each cell of which any is told."""
        month = func.date_trunc("month", func.timezone(PUBLIC_MONTHS.key, incident.c.occurred_at)).label("month")
        each = select(
            incident.c.owner,
            func.array_to_string(incident.c.chain, " ").label("chain"),
            incident.c.edition,
            month,
            incident.c.category,
        ).where(*_conditions(wanted, principal, by_chain=True))
        one = each.offset(0).subquery()
        cell = func.concat_ws("|", one.c.chain, func.to_char(one.c.month, "YYYY-MM"), one.c.category)
        secret = select(count_secret.c.secret).scalar_subquery()
        number = func.rounded_count(func.count(), secret, cell)
        place: list[ColumnElement[Any]] = [func.min(one.c.owner)]
        if places == "chain":
            place = [one.c.chain, func.min(one.c.edition)]
        query = select(*place, number).group_by(one.c.chain, one.c.month, one.c.category).having(number > 0)
        return [tuple(row) for row in self._session.execute(query)]

    def placed_ids(self, wanted: CountFilter, principal: Principal, *, limit: int) -> list[str]:
        """Return the ids of up to ``limit`` incidents that match, that the caller may see and that have a place."""
        is_wanted = _conditions(wanted, principal, by_chain=True)
        query = select(cast(incident.c.id, Text)).where(*is_wanted, incident.c.point.is_not(None)).limit(limit)
        return list(self._session.scalars(query))

    def repeat_places(self, ids: Sequence[str], question: RepeatQuestion, zone: ZoneInfo) -> list[RepeatPlace]:
        """Return the places where some of the incidents lie together, as ``sql/repeat_places.sql`` says."""
        values = {
            "ids": list(ids),
            "depth": question.depth,
            "within_m": question.within_m,
            "least": question.least,
            "least_months": question.least_months,
            "zone": zone.key,
            "most": question.limit,
            "most_ids": MOST_IDS,
        }
        rows = self._session.execute(_REPEAT_PLACES, values).mappings()
        return [RepeatPlace(**{**row, "owners": tuple(row["owners"]), "ids": tuple(row["ids"])}) for row in rows]

    def grid_states(self, codes: Collection[str]) -> list[GridState]:
        """Return every state that some grids have had, by code, the oldest first."""
        since = func.lower(grid.c.editions).label("since")
        query = (
            select(
                grid.c.code,
                grid.c.name,
                grid.c.level,
                level.c.rank,
                since,
                func.upper(grid.c.editions).label("until"),
            )
            .join(level, level.c.code == grid.c.level)
            .where(grid.c.code.in_(codes))
            .order_by(grid.c.code, since)
        )
        return [GridState(**row) for row in self._session.execute(query).mappings()]


def _mark() -> ColumnElement[int]:
    """Return the number whose bits say which of MARKS an incident has."""
    done = incident.c.state.in_(HANDLED_STATES)
    handled_at = case((and_(done, incident.c.due_at.is_not(None)), _HANDLED_AT))
    conditions: dict[str, ColumnElement[bool]] = {
        "open": incident.c.state.not_in(CLOSED_STATES),
        "handled": done,
        "handled_on_time": handled_at <= incident.c.due_at,
        "handled_late": handled_at > incident.c.due_at,
        "overdue": and_(incident.c.due_at < func.now(), incident.c.state.not_in(STATES_WITHOUT_CLOCK)),
        "discovered": incident.c.channel.in_(DISCOVERED_BY),
        "rated": incident.c.satisfaction.is_not(None),
        "satisfied": incident.c.satisfaction >= SATISFIED_FROM,
    }
    bits = [case((conditions[name], 1 << bit), else_=0) for bit, name in enumerate(MARKS)]
    return reduce(add, bits)


def _dimension(name: str, zone: ZoneInfo, depth: int | None) -> ColumnElement[object]:
    local = func.timezone(zone.key, incident.c.occurred_at)
    if name == "hour":
        return cast(func.extract("hour", local), Integer)
    if name == "weekday":
        return cast(func.extract("isodow", local), Integer)
    if name in {"day", "month"}:
        return func.to_char(local, "YYYY-MM-DD" if name == "day" else "YYYY-MM")
    if name == "category" and depth is not None:
        return func.substring(incident.c.category, rf"^[^.]+(?:\.[^.]+){{0,{depth - 1}}}")
    return incident.c[name]


def _conditions(wanted: CountFilter, principal: Principal, *, by_chain: bool) -> list[ColumnElement[bool]]:
    conditions = [seen_by(principal)]
    if principal.role == PUBLIC.role:
        conditions.append(incident.c.owner.is_not(None))
    if wanted.states:
        conditions.append(incident.c.state.in_(wanted.states))
    if not wanted.states or principal.role == PUBLIC.role:
        conditions.append(incident.c.state.not_in(NOT_COUNTED))
    if wanted.channels:
        conditions.append(incident.c.channel.in_(wanted.channels))
    if wanted.department is not None:
        conditions.append(incident.c.department == wanted.department)
    if wanted.grid is not None and by_chain:
        conditions.append(lies_under(wanted.grid))
    if wanted.category is not None:
        below = incident.c.category.startswith(wanted.category + ".", autoescape=True)
        conditions.append(or_(incident.c.category == wanted.category, below))
    if wanted.since is not None:
        conditions.append(incident.c.occurred_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(incident.c.occurred_at < wanted.until)
    return conditions
