from collections import Counter
from datetime import date, timedelta

import pytest

from gis_service.demo.owners import find_owners
from gis_service.demo.year import end_of_year
from gis_service.domain.incident import SIX_STEPS

END = end_of_year(date(2026, 6, 1))


def under(panlong, top):
    return [incident for incident in panlong.incidents if incident.category.startswith(top)]


def test_a_year_has_5600_incidents_in_order_of_time(panlong):
    """1,800 + 2,300 + 1,500, from a year before the end until the end."""
    moments = [incident.occurred_at for incident in panlong.incidents]
    assert len(moments) == 5_600
    assert moments == sorted(moments)
    assert END - timedelta(days=365) <= moments[0]
    assert moments[-1] < END


@pytest.mark.parametrize(
    ("top", "count", "handled"), [("dispute", 1_800, 1_656), ("sanitation", 2_300, 2_208), ("hazard", 1_500, 1_425)]
)
def test_most_are_dealt_with(panlong, top, count, handled):
    """92 % of the disputes, 96 % of sanitation, 95 % of the hazards."""
    incidents = under(panlong, top)
    assert len(incidents) == count
    assert sum(incident.handled_at is not None for incident in incidents) == handled


def test_hazards_are_as_severe_as_in_the_survey(panlong):
    """23 major, all fixed; 380 larger; 1,097 general."""
    hazards = under(panlong, "hazard")
    assert Counter(one.severity for one in hazards) == {"major": 23, "larger": 380, "general": 1_097}
    assert all(one.handled_at for one in hazards if one.severity == "major")


def test_states_go_with_handling(panlong):
    """Handled or beyond exactly when handled; all are of the six steps, and each is in use."""
    assert {incident.final_state for incident in panlong.incidents} == set(SIX_STEPS)
    for incident in panlong.incidents:
        handled = SIX_STEPS.index(incident.final_state) >= SIX_STEPS.index("handled")
        assert handled == (incident.handled_at is not None)
        if incident.handled_at is not None:
            assert incident.occurred_at < incident.handled_at < END


def test_open_incidents_are_recent(panlong):
    """None is older than a quarter of a year."""
    still_open = [incident for incident in panlong.incidents if incident.handled_at is None]
    assert len(still_open) == 144 + 92 + 75
    assert min(incident.occurred_at for incident in still_open) > END - timedelta(days=90)


def test_every_incident_lies_in_a_grid(panlong):
    """And one at a building lies where the building does."""
    places = {building.code: (building.lon, building.lat) for building in panlong.buildings}
    owners = find_owners(panlong.grids, *zip(*((i.lon, i.lat) for i in panlong.incidents), strict=True))
    assert None not in owners
    for incident in panlong.incidents:
        if incident.building_code is not None:
            assert (incident.lon, incident.lat) == places[incident.building_code]


def test_some_incidents_lie_exactly_on_edges(panlong):
    """Streets are edges: more than three hundred lie on a vertex of a unit grid."""
    vertices = {place for grid in panlong.grids if grid.level == "unit_grid" for place in grid.shape.exterior.coords}
    assert sum((incident.lon, incident.lat) in vertices for incident in panlong.incidents) > 300


def test_only_telephones_have_an_accuracy(panlong):
    """An incident at a building has none, nor has one that was told or measured."""
    for incident in panlong.incidents:
        by_phone = incident.building_code is None and incident.channel in ("patrol", "resident")
        assert (incident.accuracy_m is not None) == by_phone
        assert incident.accuracy_m is None or 3 <= incident.accuracy_m < 100


def test_all_channels_are_in_use(panlong):
    """Patrol is the first of five."""
    channels = Counter(incident.channel for incident in panlong.incidents)
    assert set(channels) == {"patrol", "resident", "device", "hotline", "department"}
    assert channels.most_common(1)[0][0] == "patrol"
