"""Incidents that happened before the service did: what is known of them, and the history that fits it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from gis_service.domain.incident import SIX_STEPS, Incident, NewEvent

REPORTED_AFTER = {
    "patrol": timedelta(minutes=2),
    "device": timedelta(0),
    "resident": timedelta(minutes=20),
    "hotline": timedelta(minutes=10),
    "department": timedelta(hours=1),
}
"""How long after it happened an incident is reported by each channel; assumed, since no record says it."""

_SIDE_WAYS = {
    "returned": ("reported", "accepted", "dispatched", "returned"),
    "cancelled": ("reported", "cancelled"),
    "merged": ("reported", "merged"),
    "unlocated": ("unlocated",),
}
_USUAL_STEP = timedelta(minutes=15)
_USUAL_HANDLING = timedelta(hours=20)
_USUAL_CHECK = timedelta(hours=8)


class PastIncident(Protocol):
    """A row of a record of the past; degrees in EPSG:4326."""

    @property
    def category(self) -> str: ...  # noqa: D102 - the words are those of the incident
    @property
    def severity(self) -> str: ...  # noqa: D102
    @property
    def channel(self) -> str: ...  # noqa: D102
    @property
    def description(self) -> str: ...  # noqa: D102
    @property
    def lon(self) -> float: ...  # noqa: D102
    @property
    def lat(self) -> float: ...  # noqa: D102
    @property
    def building_code(self) -> str | None: ...  # noqa: D102
    @property
    def locus(self) -> str | None: ...  # noqa: D102
    @property
    def accuracy_m(self) -> float | None: ...  # noqa: D102
    @property
    def external_id(self) -> str | None: ...  # noqa: D102
    @property
    def occurred_at(self) -> datetime: ...  # noqa: D102
    @property
    def final_state(self) -> str: ...  # noqa: D102
    @property
    def handled_at(self) -> datetime | None: ...  # noqa: D102


def way_to(final_state: str) -> tuple[str, ...]:
    """Return the states that lead to one, the first one first.

    Raises:
        KeyError: no incident ends there.
    """
    if final_state in SIX_STEPS:
        return SIX_STEPS[: SIX_STEPS.index(final_state) + 1]
    return _SIDE_WAYS[final_state]


def write_history(incident: Incident, handled_at: datetime | None, until: datetime) -> list[NewEvent]:
    """Return the events that lead to the incident's state.

    Args:
        incident: in the state in which it ended, reported before ``until``.
        handled_at: when it was handled, if that is known; else 20 hours after the report are assumed.
        until: no event is later.

    Returns:
        One event for each state on the way, at instants that never fall.
    """
    states = way_to(incident.state)
    moments = list(_moments(states, incident.reported_at, handled_at, until))
    first = NewEvent(
        incident.id, moments[0], "reported", incident.reported_by, None, states[0], to_grid=incident.owner
    )
    return [first] + [
        NewEvent(incident.id, at, state, incident.reported_by, before, state)
        for (before, state), at in zip(pairwise(states), moments[1:], strict=True)
    ]


def _moments(
    states: tuple[str, ...], reported_at: datetime, handled_at: datetime | None, until: datetime
) -> Iterator[datetime]:
    handled = min(max(handled_at or reported_at + _USUAL_HANDLING, reported_at), until)
    early = min(_USUAL_STEP, (handled - reported_at) / 4)
    late = min(_USUAL_CHECK, (until - handled) / 4)
    for number, state in enumerate(states):
        if state in SIX_STEPS and (after := SIX_STEPS.index(state) - SIX_STEPS.index("handled")) >= 0:
            yield handled + late * after
        else:
            yield reported_at + early * number
