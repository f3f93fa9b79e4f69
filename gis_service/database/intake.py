"""What taking in reports needs to know, in one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from gis_service.database.duplicates import DUPLICATES_SQL, DuplicatesOf, read_pairs, values_of
from gis_service.database.idempotency_keys import lock_number
from gis_service.database.prepared import execute_told
from gis_service.domain.access import Principal
from gis_service.domain.deadlines import DeadlineRule
from gis_service.domain.dispatch import DispatchRule, with_ancestors
from gis_service.domain.incident import Sighting
from gis_service.domain.intake_basis import AcceptedKey, IntakeBasis
from gis_service.domain.period import Period

_BASIS = files("gis_service.database").joinpath("sql", "intake_basis.sql").read_text("utf-8")
_ENTRY = text(
    f"""
    SELECT
        basis.*,
        current_setting('gis_service.taken') AS taken,
        (
            SELECT CAST(json_agg(json_build_array(report_id, id, distance_m, occurred_at, category, score)) AS text)
            FROM ({DUPLICATES_SQL}) AS pair
        ) AS duplicates
    FROM ({_BASIS}) AS basis
    """  # noqa: S608 - our own files
)

# What it has taken is told by a setting of the transaction: a message of two statements answers the last alone.
_LOCK = """
SELECT set_config('gis_service.taken', coalesce(string_agg(CAST(number AS text), ','), ''), true)
FROM unnest(CAST(%(numbers)s AS bigint[])) AS number WHERE pg_try_advisory_xact_lock(number)
"""

_KEPT = 100
"""Texts whose meaning is kept: rules change seldom, and categories come again and again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known when a transaction takes reports in: ``taken`` are the keys that no other transaction holds."""

    taken: frozenset[str]
    basis: IntakeBasis
    duplicates: DuplicatesOf


class IntakeRepository:
    """Takes keys, and reads keys, rules, the calendar and duplicates together."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def basis(self, principal: Principal, keys: Collection[str], categories: Collection[str]) -> IntakeBasis:
        """Return what is known of some keys of the caller's and of some categories, as of this statement."""
        return self.enter(principal, keys, categories, (), ()).basis

    def enter(
        self,
        principal: Principal,
        keys: Collection[str],
        categories: Collection[str],
        wanted: Collection[str],
        sightings: Sequence[Sighting],
    ) -> Entry:
        """Take keys for this transaction, then return what is known, all in one message to the database.

        What others have stored under the keys is seen.

        Args:
            principal: whose the keys are.
            keys: of all requests.
            categories: of the reports.
            wanted: those of the keys to be taken.
            sightings: see ``DuplicateRepository.find``; all are taken to be stored, in their order.
        """
        numbers = {key: lock_number(principal.name, key) for key in wanted}
        values = {
            **values_of(sightings, principal),
            "numbers": list(set(numbers.values())),
            "principal": principal.name,
            "keys": list(keys),
            "categories": list(categories),
            "above": sorted({above for category in categories for above in with_ancestors(category)}),
            "scope": principal.scope,
        }
        row = execute_told(self._session, "intake", _ENTRY, values, first=_LOCK).one()
        held = {int(number) for number in row.taken.split(",") if number}
        taken = frozenset(key for key, number in numbers.items() if number in held)
        return Entry(taken, _read_basis(row), read_pairs(map(_read_pair, orjson.loads(row.duplicates or "[]"))))


def _read_basis(row: Row[Any]) -> IntakeBasis:
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


def _read_pair(pair: list[Any]) -> tuple[Any, ...]:
    report_id, incident_id, distance_m, occurred_at, category, score = pair
    return UUID(report_id), UUID(incident_id), distance_m, datetime.fromisoformat(occurred_at), category, score


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
