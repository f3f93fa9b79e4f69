from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, delete, insert, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.geometry import point_column
from gis_service.database.tables import building, building_owner, incident, tile_change
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases import follow_changes as following
from gis_service.use_cases.follow_changes import DataVersions, advance, follow_changes
from gis_service.use_cases.render_tile import read_data_version
from tests.support.tile_ground import publish, set_building_version, store_building, store_ground, store_incident
from tiles.address import EXTENT, TileAddress
from tiles.changes import cell_of
from tiles.filters import TileFilters
from tiles.layers import LAYERS

CORNER = (51468, 28058)
"""Column and row of zoom 16 whose north-western corner lies inside the ground; it is a corner at zoom 14 too."""


def at(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude so many tile units of zoom 16 east and south of the corner."""
    across, down = (CORNER[0] + x / EXTENT) / 2**16, (CORNER[1] + y / EXTENT) / 2**16
    return across * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))


def tiles_around(zoom: int) -> list[TileAddress]:
    """The four tiles of a zoom whose corner is nearest to the corner."""
    x, y = (round(number * 2.0 ** (zoom - 16)) for number in CORNER)
    return [TileAddress(zoom, x - across, y - down) for across in (0, 1) for down in (0, 1)]


TILES = [address for zoom in range(13, 19) for address in tiles_around(zoom)]


def is_within(address: TileAddress, place: tuple[float, float], reach: int) -> bool:
    """Whether a place lies within the reach of a tile, or of the tile of zoom 16 that it lies in."""
    deeper = max(address.z - 16, 0)
    count = 1 << (address.z - deeper)
    x = (place[0] + 180) / 360 * count - (address.x >> deeper)
    y = (1 - math.asinh(math.tan(math.radians(place[1]))) / math.pi) / 2 * count - (address.y >> deeper)
    margin = (reach + 1) / EXTENT
    return all(-margin <= value <= 1 + margin for value in (x, y))


def draw(work: UnitOfWork, layer: str, address: TileAddress) -> bytes:
    """A tile inside a transaction; incidents as one without a scope sees them."""
    if layer == "buildings":
        return work.tiles.buildings(LAYERS[layer], address, edition=1)
    return work.tiles.incidents(LAYERS[layer], address, scope=None, places_incidents=True, filters=TileFilters())


def tags_and_tiles(versions: DataVersions, layer: str, work: UnitOfWork) -> dict[TileAddress, tuple[str, bytes]]:
    return {one: (versions.of_tile(layer, cell_of(one)), draw(work, layer, one)) for one in TILES}


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


OFFSETS = st.sampled_from([-900, -700, -260, -132, -126, -20, 0, 20, 126, 132, 260, 700, 900, 3968])
PLACES = st.builds(at, OFFSETS, OFFSETS)


@pytest.mark.parametrize("layer", ["buildings", "incidents"])
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(PLACES, min_size=1, max_size=3), kind=st.sampled_from(["come", "move", "rename", "go"]))
def test_a_write_moves_the_tags_of_the_tiles_that_it_touches(
    ground: UnitOfWork, layer: str, places: list[tuple[float, float]], kind: str
):
    """From zoom 13 to 18: a tile whose tag stays has the same bytes; a tag moves where a place is near."""
    table, key, told = (building, "code", "name") if layer == "buildings" else (incident, "feature_id", "severity")
    versions = None
    for place in places:
        versions = follow_changes(versions, ground)
        with ground:
            before = tags_and_tiles(versions, layer, ground)
            session = ground._session
            found = session.execute(select(table.c[key], table.c.point.ST_X(), table.c.point.ST_Y())).first()
            touched = [place]
            if found is None or kind == "come":
                ground.commit()
                _store(ground, layer, place)
            else:
                touched = [(found[1], found[2]), *([place] if kind == "move" else [])]
                one = table.c[key] == found[0]
                changes = {
                    "move": update(table).where(one).values(point=point_column(*place)),
                    "rename": update(table).where(one).values(**{told: "major"}),
                    "go": delete(table).where(one),
                }
                session.execute(changes[kind])
                ground.commit()
        versions = follow_changes(versions, ground)
        with ground:
            after = tags_and_tiles(versions, layer, ground)
        for address, (tag, tile) in before.items():
            reach = LAYERS[layer].reach
            assert (after[address][0] != tag) == any(is_within(address, one, reach) for one in touched), address
            assert after[address][1] == tile or after[address][0] != tag, address


def _store(work: UnitOfWork, layer: str, place: tuple[float, float]) -> None:
    with work:
        number = work._session.scalar(text("SELECT count(*) FROM tile_change"))
    if layer == "buildings":
        store_building(work, f"B{number}", *place, "U1")
    else:
        store_incident(work, number, ["D", "S1", "C1", "U1"], lon=place[0], lat=place[1])


def test_another_owner_of_a_building_moves_its_tile(ground: UnitOfWork):
    """The owner is in the tile: whoever changes it, the tag of the tile is another."""
    store_building(ground, "B1", *at(10, 10), "U1")
    versions = follow_changes(None, ground)
    cell = cell_of(tiles_around(14)[0])
    before = versions.of_tile("buildings", cell)
    with ground:
        ground._session.execute(update(building_owner).values(grid_code="U2"))
        ground.commit()
    assert follow_changes(versions, ground).of_tile("buildings", cell) != before


def test_a_write_of_many_is_noted_by_squares(ground: UnitOfWork):
    """150 buildings in one statement, in two squares of 1/16 degree: two boxes around them; 100 are noted singly."""
    rows = [
        {"code": f"B{number}", "name": "", "address": "", "use": "home", "households": 1,
         "point": point_column(102.70 + number * 0.0005, 25.01)}
        for number in range(250)
    ]  # fmt: skip
    with ground:
        session = ground._session
        session.execute(insert(building), rows[:150])
        boxes = [tuple(row) for row in session.execute(select(tile_change.c.west, tile_change.c.east))]
        assert sorted(boxes) == [(102.70, pytest.approx(102.7495)), (pytest.approx(102.75), pytest.approx(102.7745))]
        session.execute(insert(building), rows[150:])
        assert len(session.execute(select(tile_change)).all()) == 102


def test_to_empty_a_table_moves_every_tile(ground: UnitOfWork):
    """TRUNCATE tells no rows, and yet the tag of any tile is another."""
    versions = follow_changes(None, ground)
    cell = cell_of(TileAddress(15, 5, 5))
    before = versions.of_tile("incidents", cell)
    with ground:
        ground._session.execute(text("TRUNCATE incident CASCADE"))
        ground.commit()
    assert follow_changes(versions, ground).of_tile("incidents", cell) != before


def test_the_layer_has_a_version_of_its_own_which_the_database_tells_too(ground: UnitOfWork):
    """An incident without a place moves no tile and the layer; read at once or followed, the version is one text."""
    versions = follow_changes(None, ground)
    tile, layer = versions.of_tile("incidents", cell_of(TILES[0])), versions.of_layer("incidents")
    store_incident(ground, 1, ["D"])
    with ground:
        ground._session.execute(update(incident).values(point=None))
        ground._session.execute(delete(tile_change).where(tile_change.c.west.is_not(None)))
        ground.commit()
    versions = follow_changes(versions, ground)
    assert versions.of_tile("incidents", cell_of(TILES[0])) == tile
    assert versions.of_layer("incidents") != layer
    assert versions.of_layer("incidents") == read_data_version("incidents", ground)
    assert versions.of_layer("buildings") == read_data_version("buildings", ground)


def test_what_grows_too_large_is_forgotten(ground: UnitOfWork, monkeypatch: pytest.MonkeyPatch):
    """With room for two changes the third empties the log; every tag is another, and then they stay."""
    monkeypatch.setattr(following, "MOST_CHANGES", 2)
    versions = follow_changes(None, ground)
    cell = cell_of(TileAddress(15, 5, 5))
    seen = {versions.of_tile("incidents", cell)}
    for number in range(3):
        store_incident(ground, number, ["D"])
        versions = follow_changes(versions, ground)
        seen.add(versions.of_tile("incidents", cell))
    assert len(seen) == 1
    with ground:
        assert ground._session.scalar(select(tile_change.c.id).where(tile_change.c.layer == "incidents")) is None
    forgotten = follow_changes(versions, ground)
    assert forgotten.of_tile("incidents", cell) not in seen
    assert follow_changes(forgotten, ground) is forgotten


def test_a_version_set_by_hand_and_a_new_edition_make_all_anew(ground: UnitOfWork):
    """Buildings: the row of their layer; incidents: the newest edition, since it says which grids are roots."""
    cell = cell_of(TILES[0])
    seen = []
    versions = None
    for step in range(3):
        versions = follow_changes(versions, ground)
        seen.append([versions.of_tile(layer, cell) for layer in ("buildings", "incidents")])
        if step == 0:
            set_building_version(ground, 7)
        if step == 1:
            with ground:
                publish(ground, 3, added=[])
                ground.commit()
    assert seen == [["0.0", "0.2.0"], ["7.0", "0.2.0"], ["7.0", "0.3.0"]]


PLACES_OF_RACE = [at(40, 40), at(3000, 3000), at(9000, 9000)]
WATCHED = [
    TileAddress(16, CORNER[0] - 1, CORNER[1]),
    TileAddress(16, *CORNER),
    TileAddress(16, CORNER[0] + 2, CORNER[1] + 2),
]
REPORT = {
    "state": "unlocated",
    "category": "hazard",
    "severity": "general",
    "channel": "patrol",
    "description": "",
    "occurred_at": datetime(2026, 3, 1, tzinfo=UTC),
    "reported_by": "tests",
    "chain": [],
    "located_by": "coordinate",
    "explain": {},
}
STEPS = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.sampled_from(["commit", "roll back"]), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("read"), st.integers(0, 1), st.just(0)),
    st.tuples(st.sampled_from(["forget"]), st.just(0), st.just(0)),
)


@pytest.fixture
def race(own_database: str) -> Iterator[Engine]:
    made = create_engine(own_database)
    store_ground(UnitOfWork(sessionmaker(made)))
    yield made
    made.dispose()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
@example(steps=[("write", 0, 0), ("write", 1, 0), ("commit", 1, 0), ("read", 0, 0), ("commit", 0, 0), ("read", 0, 0)])
@example(
    steps=[("write", 0, 1), ("read", 1, 0), ("forget", 0, 0), ("commit", 0, 0), ("read", 1, 0), ("forget", 0, 0)]
)
def test_tiles_of_one_tag_are_equal_whatever_the_order_of_commits(race: Engine, steps: list[tuple[str, int, int]]):
    """Three writers whose transactions overlap, two workers that read at any time: one tag never has two contents.

    At last both workers and a new one give the same tags: what was committed late has been missed by nobody.
    """
    frozen = sessionmaker(race.execution_options(isolation_level="REPEATABLE READ"))
    known: list[DataVersions | None] = [None, None]
    contents: dict[tuple[TileAddress, str], bytes] = {}
    with ExitStack() as stack:
        writers = [stack.enter_context(Session(race)) for _ in range(3)]

        def read(versions: DataVersions | None) -> tuple[DataVersions, list[str]]:
            with UnitOfWork(frozen) as work:
                versions = advance(versions, work)
                tags = [versions.of_tile("incidents", cell_of(address)) for address in WATCHED]
                for address, tag in zip(WATCHED, tags, strict=True):
                    tile = draw(work, "incidents", address)
                    assert contents.setdefault((address, tag), tile) == tile
            return versions, tags

        for kind, who, where in steps:
            if kind == "write":
                point = point_column(*PLACES_OF_RACE[where])
                writers[who].execute(insert(incident).values(**REPORT, id=uuid4(), point=point))
            elif kind == "commit":
                writers[who].commit()
            elif kind == "roll back":
                writers[who].rollback()
            elif kind == "forget":
                with UnitOfWork(sessionmaker(race)) as work:
                    work.tile_changes.forget("incidents")
                    work.commit()
            else:
                known[who], _ = read(known[who])
        for writer in writers:
            writer.commit()
        assert read(known[0])[1] == read(known[1])[1] == read(None)[1]
