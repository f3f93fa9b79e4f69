from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from gis_service.domain.incident import STATES, Incident, Report
from gis_service.domain.past_incident import way_to, write_history

REPORTED = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
UNTIL = REPORTED + timedelta(days=30)
INCIDENT = Incident(
    id=UUID(int=1),
    version=1,
    state="reported",
    report=Report("hazard", "general", "patrol", "loose tile", REPORTED),
    reported_at=REPORTED,
    reported_by="import",
    located_by="coordinate",
    event_point=None,
    building_code=None,
    owner="D07",
    chain=("D", "D07"),
    edition=1,
    distance_m=None,
    tied_with=(),
    department=None,
    assisting=(),
    response_class=None,
    due_at=None,
    explain=(),
)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("handled_after", [None, timedelta(0), timedelta(minutes=1), timedelta(days=60)], ids=str)
def test_a_history_leads_step_by_step_to_the_state(state, handled_after):
    """Each event begins where the one before ended; time never falls and never passes the end of the record."""
    handled_at = None if handled_after is None else REPORTED + handled_after

    events = write_history(replace(INCIDENT, state=state), handled_at, UNTIL)

    assert (events[0].from_state, events[0].kind, events[0].at) == (None, "reported", REPORTED)
    assert [event.from_state for event in events[1:]] == [event.to_state for event in events[:-1]]
    assert events[-1].to_state == state
    moments = [event.at for event in events]
    assert moments == sorted(moments)
    assert moments[-1] <= UNTIL


def test_what_was_handled_was_handled_at_its_instant():
    """Five hours after the report."""
    handled_at = REPORTED + timedelta(hours=5)

    events = write_history(replace(INCIDENT, state="archived"), handled_at, UNTIL)

    assert [(event.to_state, event.at - REPORTED) for event in events] == [
        ("reported", timedelta(0)),
        ("accepted", timedelta(minutes=15)),
        ("dispatched", timedelta(minutes=30)),
        ("handled", timedelta(hours=5)),
        ("verified", timedelta(hours=13)),
        ("archived", timedelta(hours=21)),
    ]


def test_a_state_that_is_none_has_no_way():
    """A word of nobody's."""
    with pytest.raises(KeyError):
        way_to("lost")
