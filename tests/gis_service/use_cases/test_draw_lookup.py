"""What lookups see, drawn in memory: as PostGIS draws it, and the same whether the edition is held or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import shapely
from shapely.geometry import shape
from sqlalchemy.orm import Session, sessionmaker

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.domain.lookup import Question
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.draw_lookup import AskedEdition, draw_point, held_edition, read_edition
from gis_service.use_cases.render_tile import render_tile
from tests.support.lookups import loaded_holder
from tests.support.tile_ground import assert_drawn_alike, features, shapes_by_code, store_ground, tile_at
from tiles.address import TileAddress
from tiles.etag import TileKey
from tiles.filters import TileFilters
from tiles.lookup_layers import POINT_LAYERS

PLACE = (102.7195, 25.0205)
"""On the wavy edge, near the corner of U2, M1 and M2."""
FIRST_DAY = datetime(2026, 1, 1, 12, tzinfo=UTC)
UNSURE = Question(*PLACE, accuracy_m=150.0)


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    return work


@pytest.fixture
def held(ground: UnitOfWork, open_session: sessionmaker[Session]) -> AskedEdition:
    """Edition 1 in memory, on the day before the next one."""
    found = held_edition(loaded_holder(lambda: UnitOfWork(open_session), FIRST_DAY), UNSURE)
    assert found is not None
    assert found.snapshot is not None
    return found


def no_work() -> UnitOfWork:
    raise AssertionError("nothing is asked of the database")


@pytest.mark.parametrize("zoom", [17, 18])
def test_both_encoders_say_the_same_of_a_grid(ground: UnitOfWork, held: AskedEdition, zoom: int):
    """PostGIS of what is stored, mapbox-vector-tile of what the snapshot gives back: vertices, names and levels."""
    address = tile_at(zoom, *PLACE)
    key = TileKey(1, ("grids",), address, (), "public", TileFilters())
    stored = render_tile(key, read_tile_edition(1, ground), PUBLIC, ground)
    drawn = draw_point(held, UNSURE, no_work).drawings["candidates"].encode("candidates", address, 64)
    there, here = shapes_by_code(stored), shapes_by_code(drawn, "candidates")
    assert there.keys() == here.keys() == {"U2", "M1", "M2"}
    for code, geometry in here.items():
        assert_drawn_alike(geometry, there[code])
    told = {one["properties"]["code"]: one["properties"] for one in features(stored, "grids")}
    for one in features(drawn, "candidates"):
        same = {name: one["properties"][name] for name in ("code", "name", "level", "parent", "kind")}
        assert same.items() <= told[same["code"]].items()


@pytest.mark.parametrize(
    "question",
    [
        UNSURE,
        Question(102.73, 25.01),
        Question(102.74, 25.02),  # on the edge of two
        Question(102.69, 25.03, accuracy_m=2000.0),  # outside
        Question(102.60, 24.95),
    ],
)
def test_memory_and_database_draw_alike(ground: UnitOfWork, held: AskedEdition, open_session, question: Question):
    """Every layer of a tile around it all: ids, properties, shapes."""
    read = read_edition(replace(question, at=FIRST_DAY), ground)
    assert read == replace(held, snapshot=None)
    from_memory = draw_point(held, question, no_work)
    from_database = draw_point(read, question, lambda: UnitOfWork(open_session))
    assert from_memory.bounds == from_database.bounds
    for layer in POINT_LAYERS.values():
        tiles = [
            one.drawings[layer.name].encode(layer.name, TileAddress(10, 804, 438), layer.buffer)
            for one in (from_memory, from_database)
        ]
        mine, theirs = (features(tile, layer.name) for tile in tiles)
        assert [(one["id"], one["properties"]) for one in mine] == [(one["id"], one["properties"]) for one in theirs]
        for one, other in zip(mine, theirs, strict=True):
            assert shapely.equals_exact(
                shapely.normalize(shape(one["geometry"])), shapely.normalize(shape(other["geometry"]))
            )
    assert from_memory.drawings["candidates"].features
