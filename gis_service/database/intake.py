"""What taking in reports needs to know, in one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis_service.database.prepared import execute_told
from gis_service.domain.access import Principal
from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule, with_ancestors
from gis_service.domain.intake_basis import AcceptedKey, IntakeBasis
from gis_service.domain.period import Period

_BASIS = text(files("gis_service.database").joinpath("sql", "intake_basis.sql").read_text("utf-8"))

_KEPT = 100
"""Texts whose meaning is kept: rules change seldom, and categories come again and again."""


class IntakeRepository:
    """Reads keys, rules and the calendar together."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def basis(self, principal: Principal, keys: Collection[str], categories: Collection[str]) -> IntakeBasis:
        """Return what is known of some keys of the caller's and of some categories, as of this statement."""
        values = {
            "principal": principal.name,
            "keys": list(keys),
            "categories": list(categories),
            "above": sorted({above for category in categories for above in with_ancestors(category)}),
            "scope": principal.scope,
        }
        row = execute_told(self._session, "intake_basis", _BASIS, values).one()
        dispatch, names = _read_dispatch(row.dispatch or "[]")
        accepted = orjson.loads(row.accepted or "[]")
        return IntakeBasis(
            accepted={key: AcceptedKey(bytes.fromhex(hashed), UUID(named)) for key, hashed, named in accepted},
            categories=frozenset(orjson.loads(row.categories or "[]")),
            dispatch=dispatch,
            deadlines=_read_deadlines(row.deadlines or "[]"),
            calendar=_read_calendar(row.calendar or "[]"),
            department_names=names,
            is_root=row.is_root,
        )


# What is kept is never old: the database is asked each time, and only an equal answer is not read again.


@lru_cache(_KEPT)
def _read_dispatch(written: str) -> tuple[tuple[DispatchRule, ...], Mapping[str, tuple[str, str]]]:
    rules, names = [], {}
    for row in orjson.loads(written):
        key, category, lead, assisting, grid, kind, severity, since, until, reason, first_receiver, *name = row
        rules.append(
            DispatchRule(
                id=key,
                category=category,
                department=lead,
                assisting=tuple(assisting),
                grid_code=grid,
                kind=kind,
                severity=severity,
                in_force=_period(since, until),
                reason=reason,
                first_receiver=first_receiver,
            )
        )
        names[lead] = (name[0], name[1])
    return tuple(rules), MappingProxyType(names)


@lru_cache(_KEPT)
def _read_deadlines(written: str) -> tuple[DeadlineRule, ...]:
    rules = []
    for row in orjson.loads(written):
        key, stage, clock, amount, response_class, category, severity, since, until, reason = row
        rules.append(
            DeadlineRule(
                id=key,
                stage=stage,
                clock=clock,
                amount=amount,
                response_class=response_class,
                category=category,
                severity=severity,
                in_force=_period(since, until),
                reason=reason,
            )
        )
    return tuple(rules)


@lru_cache(_KEPT)
def _read_calendar(written: str) -> Mapping[date, bool]:
    return MappingProxyType({date.fromisoformat(day): is_workday for day, is_workday in orjson.loads(written)})


def _period(since: str | None, until: str | None) -> Period:
    return Period(*(None if one is None else datetime.fromisoformat(one) for one in (since, until)))
