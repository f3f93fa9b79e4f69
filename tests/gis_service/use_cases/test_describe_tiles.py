from __future__ import annotations

import pytest
from sqlalchemy import insert

from gis_service.database.tables import category
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import NotFoundError
from gis_service.use_cases.describe_tiles import (
    add_indicator_fields,
    list_indicators,
    read_categories,
    read_kinds,
    read_tile_edition,
)
from tests.support.tile_ground import BOUNDS, EDITION, store_ground
from tests.support.tile_things import store_things
from tiles.layers import LAYERS


def test_an_edition_is_read_with_its_bounds_and_levels(work: UnitOfWork):
    """All six levels there may be, and the five that have grids; there is no city."""
    store_ground(work)
    found = read_tile_edition(1, work)
    assert found.bounds == pytest.approx(BOUNDS)
    assert (found.number, found.levels, found.present) == (1, EDITION.levels, EDITION.present)


def test_an_edition_never_published_is_refused(work: UnitOfWork):
    """The code is no-edition, and the sentence names the number."""
    store_ground(work)
    with pytest.raises(NotFoundError, match="no edition 3") as refused:
        read_tile_edition(3, work)
    assert refused.value.code == "no-edition"


def test_the_fields_of_indicators_are_read_with_their_newest_period(work: UnitOfWork):
    """The general ones by code: one with values of 2024 and 2025, one without any; other layers stay as they are."""
    store_ground(work)
    store_things(work)
    layers = [LAYERS["grids"], LAYERS["indicators"]]
    grids, indicators = add_indicator_fields(layers, list_indicators(("general",), work))
    assert grids is layers[0]
    assert {name: told for name, told in indicators.fields.items() if name not in layers[1].fields} == {
        "elderly_share": "老人占比 / Elderly, %, 2025-01-01/2026-01-01; absent where there is no value",
        "planned": "尚无 / Not yet, 件, no values yet; absent where there is no value",
    }
    every = list_indicators(("general", "important", "core"), work)
    assert [one.indicator.code for one in every] == ["care_people", "elderly_share", "planned", "settled"]
    assert every[1].indicator.thresholds == (10.0, 30.0)


def test_kinds_are_those_of_the_layer(work: UnitOfWork):
    """Two of resources, two of devices; those of grids are fixed."""
    store_ground(work)
    store_things(work)
    found = [read_kinds(LAYERS[layer], work) for layer in ("grids", "resources", "devices")]
    assert found == [["standard", "dedicated"], ["food", "tent"], ["bin", "camera"]]


def test_a_category_above_others_needs_no_row(work: UnitOfWork):
    """Those of the ground, and of a new one three deep the two above it."""
    store_ground(work)
    with work:
        work._session.execute(insert(category).values(code="fire.gas.leak", name="漏气", name_en="leak"))
        work.commit()
    above = {"fire", "fire.gas", "fire.gas.leak"}
    assert read_categories(work) == {"dispute", "dispute.property", "disputed", "hazard"} | above
