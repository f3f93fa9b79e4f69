from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from shapely.geometry import shape
from sqlalchemy import exc, select, text, update

from gis_service.database.tables import device, position, resource
from gis_service.database.tiles import statement, tile_values
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC, Principal
from gis_service.domain.device import Device
from gis_service.domain.indicator import IndicatorValue
from gis_service.domain.position import Position
from tests.support.tile_ground import (
    BOUNDS,
    DRAWN,
    EDITION,
    draw,
    feature_id,
    features,
    shapes_by_code,
    store_building,
    store_ground,
    store_incident,
    tile_at,
)
from tests.support.tile_things import DAY, PLACES, SEEN_AT, store_things, walk
from tiles.address import TileAddress
from tiles.filters import TileFilters
from tiles.layers import LAYERS, choose_level, countable_levels

U1 = ["D", "S1", "C1", "U1"]
U2 = ["D", "S1", "C1", "U2"]
ADMIN = Principal("a", "admin")
AUDITOR_OF_S1 = Principal("a", "auditor", "S1")
WORKER_OF_C1 = Principal("w", "worker", "C1")
WHOLE = tile_at(10, 102.73, 25.03)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    store_things(work)
    return work


def measured(
    work: UnitOfWork, address: TileAddress, principal: Principal = PUBLIC, *, edition: int = 1, level: str = ""
) -> bytes:
    suiting = choose_level(EDITION.present_levels(), address.z)
    with work:
        return work.tiles.indicators(
            LAYERS["indicators"],
            address,
            edition=edition,
            level=level or suiting.code,
            coarser=[] if level else EDITION.coarser_than(suiting),
            countable=countable_levels(EDITION),
            band=None,
            principal=principal,
        )


def fields(tile: bytes, layer: str = "indicators", by: str = "code") -> dict[str, dict]:
    return {one["properties"][by]: one["properties"] for one in features(tile, layer)}


def things(
    work: UnitOfWork, layer: str, principal: Principal = PUBLIC, *, kind: str | None = None, edition: int = 1
) -> set[str]:
    with work:
        tile = work.tiles.things(LAYERS[layer], WHOLE, edition=edition, kind=kind, principal=principal)
    return set(fields(tile, layer))


def tracks(
    work: UnitOfWork, address: TileAddress, *, scope: str | None = None, edition: int = 1, **filters: datetime
) -> list[dict]:
    with work:
        tile = work.tiles.tracks(
            LAYERS["tracks"], address, edition=edition, scope=scope, filters=TileFilters(**filters)
        )
    return features(tile, "tracks")


@pytest.mark.parametrize("zoom", sorted(DRAWN))
def test_the_layer_indicators_draws_the_grids_of_the_layer_grids(ground: UnitOfWork, zoom: int):
    """The same codes, the same ids, the same shapes, at every zoom where another level begins."""
    address = tile_at(zoom, 102.7195, 25.0199)
    drawn, plain = measured(ground, address), draw(ground, address)
    assert shapes_by_code(drawn, "indicators") == shapes_by_code(plain)
    assert {one["id"] for one in features(drawn, "indicators")} == {one["id"] for one in features(plain, "grids")}


def test_an_indicator_is_a_field_with_the_value_of_its_newest_period(ground: UnitOfWork):
    """S1 had 24.25 in 2024 and 25.25 in 2025; the indicator without values is no field, restricted ones neither."""
    assert fields(measured(ground, WHOLE))["S1"] == {
        "code": "S1",
        "name": "网格S1",
        "level": "street",
        "buildings": 0,
        "incidents": 0,
        "elderly_share": 25.25,
    }


def test_a_grid_without_a_value_in_the_newest_period_has_no_field(ground: UnitOfWork):
    """Once S2 alone has a value of 2026, that is the newest period, and the others have none in it."""
    with ground:
        ground.indicators.add_values(
            [IndicatorValue("elderly_share", "S2", date(2026, 1, 1), date(2027, 1, 1), 31, "tests")]
        )
        ground.commit()
    found = fields(measured(ground, WHOLE))
    assert found["S2"]["elderly_share"] == 31
    assert "elderly_share" not in found["S1"]


@pytest.mark.parametrize(
    ("principal", "seen"),
    [
        (PUBLIC, {"U1": set(), "U2": set(), "S2": set()}),
        (Principal("w", "worker"), {code: {"settled"} for code in ("U1", "U2", "S2")}),
        (WORKER_OF_C1, {"U1": {"settled"}, "U2": {"settled"}, "S2": set()}),
        (AUDITOR_OF_S1, {"U1": {"settled", "care_people"}, "U2": {"settled", "care_people"}, "S2": set()}),
        (Principal("d", "dispatcher", "M1"), {"U1": set(), "U2": set(), "S2": set()}),
        (Principal("d", "dispatcher", "gone"), {"U1": set(), "U2": set(), "S2": set()}),
        (ADMIN, {code: {"settled", "care_people"} for code in ("U1", "U2", "S2")}),
    ],
)
def test_restricted_indicators_are_for_roles_and_scopes(ground: UnitOfWork, principal: Principal, seen: dict):
    """What is important or core is in the fields of the grids in the scope, of a role that may see it, alone."""
    tiles = [measured(ground, tile_at(14, lon, lat), principal) for lon, lat in PLACES.values()]
    found = {code: told for tile in tiles for code, told in fields(tile).items()}
    assert {code: {"settled", "care_people"} & set(found[code]) for code in seen} == seen
    assert all("elderly_share" in told for told in found.values())


@pytest.mark.parametrize(
    ("principal", "exact"),
    [(PUBLIC, set()), (WORKER_OF_C1, {"U1"}), (AUDITOR_OF_S1, {"U1", "S1"}), (ADMIN, {"U1", "S1"})],
)
def test_incidents_are_counted_exactly_in_the_scope(ground: UnitOfWork, principal: Principal, exact: set[str]):
    """Seven are seven to who sees them one by one, and 5 or 10 to others; a merged one is none."""
    for number in range(7):
        store_incident(ground, number, U1)
    store_incident(ground, 9, U1, state="merged")
    units = fields(measured(ground, tile_at(14, 102.7195, 25.0199), principal))
    streets = fields(measured(ground, WHOLE, principal))
    told = {"U1": units["U1"]["incidents"], "S1": streets["S1"]["incidents"]}
    assert {code for code, number in told.items() if number == 7} == exact
    assert {number for code, number in told.items() if code not in exact} <= {5, 10}
    assert units["U2"]["incidents"] == 0


def test_incidents_of_micro_grids_are_not_told(ground: UnitOfWork):
    """A micro-grid may be one staircase; its buildings are told all the same."""
    for number in range(5):
        store_incident(ground, number, [*U1, "M1"])
    store_building(ground, "B1", 102.71, 25.01, "M1")
    found = fields(measured(ground, tile_at(10, 102.71, 25.01), level="micro_grid"))
    assert "incidents" not in found["M1"]
    assert found["M1"]["buildings"] == 1


def test_counts_of_a_parent_are_the_sums_of_its_children(ground: UnitOfWork):
    """Seven buildings and fifteen incidents: 5 and 10 in U1, 2 and 5 in U2, all of them in C1, S1 and D."""
    for number in range(7):
        store_building(ground, f"B{number}", 102.71, 25.01, ("M1", "M2", "U2")[number % 3])
    for number in range(15):
        store_incident(ground, number, (U1, U1, U2)[number % 3])
    found = {
        code: (told["buildings"], told["incidents"])
        for level in ("district", "street", "community", "unit_grid")
        for code, told in fields(measured(ground, WHOLE, level=level)).items()
    }
    assert found["U1"] == (5, 10)
    assert found["U2"] == (2, 5)
    assert found["C1"] == found["S1"] == found["D"] == (7, 15)
    assert found["C2"] == found["S2"] == (0, 0)


def test_buildings_count_where_they_are_owned_in_the_edition(ground: UnitOfWork):
    """In edition 2, where nobody has looked for owners, C1 has none."""
    store_building(ground, "B1", 102.71, 25.01, "U1")
    counts = [
        fields(measured(ground, WHOLE, edition=number, level="community"))["C1"]["buildings"] for number in (1, 2)
    ]
    assert counts == [1, 0]


@pytest.mark.parametrize("layer", ["resources", "devices"])
@pytest.mark.parametrize(
    ("principal", "seen"),
    [
        (PUBLIC, ""),
        (Principal("p", "planner", "S2"), "S2-important"),
        (WORKER_OF_C1, "U1-important U2-important"),
        (AUDITOR_OF_S1, "U1-important U1-core U2-important U2-core"),
        (Principal("d", "dispatcher", "gone"), ""),
        (ADMIN, "U1-important U1-core U2-important U2-core S2-important S2-core"),
    ],
)
def test_things_are_seen_by_class_and_scope(ground: UnitOfWork, layer: str, principal: Principal, seen: str):
    """The general ones by all; the others on the ground of the scope, by roles that may see their class."""
    assert things(ground, layer, principal) == {"U1-general", "U2-general", "S2-general", *seen.split()}


def test_things_are_of_a_kind_if_the_layer_has_it(ground: UnitOfWork):
    """Tents alone; a kind of another layer of the same tile leaves resources whole."""
    assert things(ground, "resources", ADMIN, kind="tent") == {f"{code}-general" for code in PLACES}
    assert len(things(ground, "resources", ADMIN, kind="camera")) == 9
    assert things(ground, "devices", AUDITOR_OF_S1, kind="bin") == {f"{code}-general" for code in PLACES}


def test_the_fields_and_ids_of_things(ground: UnitOfWork):
    """A device tells when it was last seen, in seconds; the unknown is absent; ids are the same at each zoom."""
    for layer, table in (("resources", resource), ("devices", device)):
        found = []
        with ground:
            for zoom in (10, 16):
                address = tile_at(zoom, *PLACES["U1"])
                tile = ground.tiles.things(LAYERS[layer], address, edition=1, kind=None, principal=ADMIN)
                found.append({one["properties"]["code"]: one for one in features(tile, layer)})
            ids = dict(ground._session.execute(select(table.c.code, table.c.feature_id)).all())
        assert set(found[0]) > set(found[1]) == {"U1-general", "U1-important", "U1-core"}
        assert all(one["id"] == ids[code] for some in found for code, one in some.items())
        assert max(ids.values()) <= 2**53
        general, core = (found[0][f"U1-{data_class}"]["properties"] for data_class in ("general", "core"))
        if layer == "resources":
            assert general == {
                "code": "U1-general",
                "name": "U1-general",
                "kind": "tent",
                "quantity": 7.5,
                "unit": "顶",
                "expires_on": "2026-05-01",
            }
        else:
            assert core["last_seen"] == int(SEEN_AT.timestamp())
            assert core["silent_after_s"] == 300
            assert {"last_seen", "silent_after_s"}.isdisjoint(general)


def test_a_track_is_one_line_for_each_person_and_day(ground: UnitOfWork):
    """Twenty positions of the worker of U1; the id is made of person and day, the same in every tile."""
    with ground:
        first, _ = ground.staff.list_ids()
    (found,) = tracks(ground, tile_at(14, 102.705, 25.0145))
    (closer,) = tracks(ground, tile_at(16, 102.705, 25.0145))
    assert found["geometry"]["type"] == "LineString"
    assert found["id"] == closer["id"] == first * 100_000 + (DAY - date(1970, 1, 1)).days <= 2**53
    began = int(SEEN_AT.timestamp())
    told = {"staff": first, "grid": "U1", "day": "2026-05-01", "began": began, "ended": began + 19 * 60}
    assert found["properties"] == closer["properties"] == told


@pytest.mark.parametrize(
    ("scope", "edition", "seen"),
    [(None, 1, {"U1", "S2"}), ("C1", 1, {"U1"}), ("S2", 1, {"S2"}), ("K", 1, set()), ("C1", 2, set())],
)
def test_tracks_are_those_of_the_staff_of_a_subtree(ground: UnitOfWork, scope: str | None, edition: int, seen: set):
    """By the grid that a person serves in the edition, not by the ground walked over; U1 is not in edition 2."""
    places = [tile_at(12, lon, lat) for lon, lat in PLACES.values()]
    found = [one for place in places for one in tracks(ground, place, scope=scope, edition=edition)]
    assert {one["properties"]["grid"] for one in found} == seen


def test_tracks_are_of_the_last_day_unless_another_time_is_asked_for(ground: UnitOfWork):
    """A walk on 30 April and one on 1 May; positions outside the stretch of time are no part of a line."""
    place = tile_at(14, 102.705, 25.0145)
    with ground:
        first, _ = ground.staff.list_ids()
        ground.positions.add_many(walk(first, *PLACES["U1"], day=DAY - timedelta(days=1)))
        ground.commit()
    days = [
        sorted(one["properties"]["day"] for one in tracks(ground, place, **filters))
        for filters in (
            {},
            {"until": SEEN_AT},
            {"since": SEEN_AT - timedelta(days=2)},
            {"since": SEEN_AT + timedelta(days=1)},
        )
    ]
    assert days == [["2026-05-01"], ["2026-04-30"], ["2026-04-30", "2026-05-01"], []]
    (part,) = tracks(ground, place, since=SEEN_AT + timedelta(minutes=5), until=SEEN_AT + timedelta(minutes=10))
    assert part["properties"]["ended"] - part["properties"]["began"] == 4 * 60


@pytest.mark.parametrize(
    ("moved", "parts"),
    [
        ({}, 1),
        ({"at": position.c.at + timedelta(minutes=10)}, 2),
        ({"point": text("ST_Translate(point, 0.006, 0)")}, 2),
    ],
)
def test_a_line_breaks_where_nobody_knows_the_way(ground: UnitOfWork, moved: dict, parts: int):
    """The second half of the walk is 11 minutes later, or 600 m further east: two lines of one feature."""
    with ground:
        first, _ = ground.staff.list_ids()
        if moved:
            late = (position.c.staff_id == first) & (position.c.at >= SEEN_AT + timedelta(minutes=10))
            ground._session.execute(update(position).where(late).values(**moved))
            ground.commit()
    (found,) = tracks(ground, tile_at(13, 102.705, 25.0145))
    assert len(getattr(shape(found["geometry"]), "geoms", [0])) == parts


def test_a_line_crosses_a_tile_in_which_it_has_no_position(ground: UnitOfWork):
    """Two positions 450 m apart, on both sides of a tile that is 140 m wide."""
    with ground:
        first, _ = ground.staff.list_ids()
        at = datetime(2026, 5, 2, tzinfo=UTC)
        lons = (102.7700, 102.7745)
        ground.positions.add_many(
            [Position(first, at + timedelta(minutes=n), at.date(), lon, 25.05) for n, lon in enumerate(lons)]
        )
        ground.commit()
    (found,) = tracks(ground, tile_at(18, 102.7722, 25.05))
    assert shape(found["geometry"]).length > 4096


@pytest.mark.parametrize(
    ("layer", "written"),
    [
        ("indicators", "UPDATE indicator SET unit = 'x'"),
        ("indicators", "DELETE FROM indicator_value"),
        ("resources", "UPDATE resource SET quantity = 0"),
        ("resources", "INSERT INTO resource_kind VALUES ('pump', '', '')"),
        ("devices", "UPDATE device SET last_seen_at = now()"),
        ("devices", "UPDATE device_kind SET silent_after_s = 600"),
        ("tracks", "TRUNCATE position"),
        ("tracks", "UPDATE staff SET grid_code = 'K'"),
    ],
)
def test_whoever_writes_moves_the_version_of_that_layer_alone(ground: UnitOfWork, layer: str, written: str):
    """A trigger does, so a hand on the database does too."""
    layers = ("indicators", "resources", "devices", "tracks")
    with ground:
        before = {name: ground.tiles.version_of(name) for name in layers}
        ground._session.execute(text(written))
        after = {name: ground.tiles.version_of(name) for name in layers}
    assert {name for name in layers if before[name] != after[name]} == {layer}


@pytest.mark.parametrize(
    "written",
    [
        "UPDATE indicator SET code = 'incidents' WHERE code = 'planned'",
        "UPDATE indicator_value SET value = 'NaN'",
        "UPDATE device SET data_class = 'secret'",
        "UPDATE resource SET kind = 'camera'",
    ],
)
def test_the_database_refuses_what_tiles_could_not_tell(ground: UnitOfWork, written: str):
    """A field that is there already, no number, no class, no kind."""
    with ground, pytest.raises(exc.IntegrityError):
        ground._session.execute(text(written))


def test_a_layer_without_features_has_no_bytes(ground: UnitOfWork):
    """South of the ground."""
    nowhere = tile_at(14, BOUNDS[0], 24.9)
    with ground:
        empty = [
            ground.tiles.things(LAYERS[layer], nowhere, edition=1, kind=None, principal=ADMIN)
            for layer in ("resources", "devices")
        ]
    assert [*empty, measured(ground, nowhere)] == [b"", b"", b""]
    assert tracks(ground, nowhere) == []


def test_a_device_in_the_buffer_alone_is_in_the_tile(ground: UnitOfWork):
    """U1's label is whole in a tile whose edge lies 100 units west of it."""
    address = tile_at(14, *PLACES["U1"])
    west, _, east, _ = address.bounds
    lon = west - (east - west) * 100 / 4096
    with ground:
        ground.devices.add_many([Device("edge", "", "bin", lon, PLACES["U1"][1], "general")])
        tile = ground.tiles.things(LAYERS["devices"], address, edition=1, kind="bin", principal=PUBLIC)
    assert "edge" in fields(tile, "devices")


BOX = "'01030000"

FILL = (
    "INSERT INTO grid_code (code) SELECT 'F' || n FROM generate_series(1, 4000) AS n",
    """
    INSERT INTO grid (code, editions, level, parent, name, area_m2, digest, label_point, shape)
    SELECT 'F' || n, '[1,)', 'unit_grid', CASE WHEN n < 10 THEN 'C2' ELSE 'F' || n / 10 END, '', 1, '',
        ST_Centroid(square), ST_Multi(square)
    FROM generate_series(1, 4000) AS n,
        ST_MakeEnvelope(102 + n % 60 / 1e3, 25 + n / 60 / 1e3, 102.001 + n % 60 / 1e3, 25.001 + n / 60 / 1e3, 4326)
            AS square
    """,
    """
    INSERT INTO indicator_value
    SELECT 'elderly_share', '2025-01-01', code, '2026-01-01', 1, '' FROM grid WHERE code LIKE 'F%'
    """,
    """
    INSERT INTO building (code, name, address, use, point)
    SELECT code, '', '', '', label_point FROM grid WHERE code LIKE 'F%'
    """,
    "INSERT INTO building_owner SELECT code, '[1,)', code FROM building",
    """
    INSERT INTO resource (code, name, kind, quantity, unit, point, data_class)
    SELECT code, '', 'tent', 1, '', label_point, 'general' FROM grid WHERE code LIKE 'F%'
    """,
    """
    INSERT INTO device (code, name, kind, point, data_class)
    SELECT code, '', 'bin', label_point, 'general' FROM grid WHERE code LIKE 'F%'
    """,
    """
    INSERT INTO incident (id, state, category, severity, channel, description, point, occurred_at, reported_by, owner,
        chain, located_by, explain)
    SELECT gen_random_uuid(), 'reported', 'hazard', 'general', 'patrol', '', label_point, now(), '', code,
        ARRAY['D', code], 'coordinate', '{}'
    FROM grid WHERE code LIKE 'F%'
    """,
    """
    INSERT INTO position (staff_id, at, day, point)
    SELECT (SELECT min(id) FROM staff), now() - feature_id * interval '1 minute', date '2020-01-01' + n, label_point
    FROM grid JOIN grid_code USING (code), generate_series(1, 1) AS n WHERE code LIKE 'F%'
    """,
    "ANALYZE grid, building, building_owner, incident, indicator_value, resource, device, position",
)


@pytest.mark.parametrize(
    ("name", "index", "condition"),
    [
        ("tile_indicators", "grid_shape_ix", f"shape && {BOX}"),
        ("tile_indicators", "incident_other_chain_idx", "chain && $"),
        ("tile_indicators", "grid_parent_ix", "parent = below"),
        ("tile_indicators", "building_owner_grid_ix", "grid_code = below.code"),
        ("tile_indicators", "indicator_value_pk", "(indicator = "),
        ("tile_resources", "resource_point_ix", f"point && {BOX}"),
        ("tile_devices", "device_point_ix", f"point && {BOX}"),
        ("tile_tracks", "position_point_ix", f"point && {BOX}"),
        ("tile_tracks", "position_day_ix", "(day = "),
        ("tile_tracks", "grid_parent_ix", "parent = within_scope"),
    ],
)
def test_a_statement_finds_its_rows_by_the_index(ground: UnitOfWork, name: str, index: str, condition: str):
    """Among 4000 of each, the tile's box is an index condition, a constant; grids and days are keys."""
    values = {
        **tile_values(TileAddress(16, 51450, 28090), 64), "most_features": 20_000, "edition": 1, "level": "unit_grid",
        "coarser": ["street", "community"], "countable": ["unit_grid"], "counts_exactly": False,
        "small_count": 3, "band": 4,
        "among": None, "data_classes": ["general"], "scope": "S1", "kind": None, "since": None, "until": None,
        "gap_s": 600, "gap_m": 500,
    }  # fmt: skip
    with ground:
        for written in FILL:
            ground._session.execute(text(written))
        plan = "\n".join(ground._session.scalars(text("EXPLAIN " + statement(name).text), values))
    scans = re.findall(rf"Index (?:Only )?Scan (?:Backward )?(?:using|on) {index}.*\n\s*Index Cond: \((.*)\)", plan)
    assert any(scan.startswith(condition) for scan in scans), plan


def test_an_id_is_that_of_the_grids_code(ground: UnitOfWork):
    """S2 has one id in the layers grids and indicators."""
    found = {one["properties"]["code"]: one["id"] for one in features(measured(ground, WHOLE), "indicators")}
    assert found["S2"] == feature_id(ground, "S2")
