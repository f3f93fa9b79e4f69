from __future__ import annotations

import pytest

from tiles.filters import PARAMETERS
from tiles.layers import (
    LAYERS,
    LayerListError,
    LevelBand,
    TileEdition,
    UnknownLayerError,
    choose_count_level,
    choose_level,
    parse_layers,
)

CITY = LevelBand("city", 0, 0, 8)
STREET = LevelBand("street", 2, 9, 11)
COMMUNITY = LevelBand("community", 3, 12, 13)
UNIT = LevelBand("unit_grid", 4, 14, 16)
MICRO = LevelBand("micro_grid", 5, 17, 20)
ALL = (CITY, STREET, COMMUNITY, UNIT, MICRO)


def edition(*present: LevelBand, levels: tuple[LevelBand, ...] = ALL) -> TileEdition:
    return TileEdition(1, (0, 0, 1, 1), levels, frozenset(level.code for level in present))


def test_layers_come_in_one_order_whatever_the_list():
    """Two spellings of one set are one tile."""
    assert (
        parse_layers("incidents,grids") == parse_layers("grids,incidents") == (LAYERS["grids"], LAYERS["incidents"])
    )


@pytest.mark.parametrize("written", ["", "grids,", ",grids", "grids,grids", "a,b,c,d,e,f,g,h,i,j"])
def test_a_list_that_is_none_is_refused(written: str):
    """Empty, an empty name, a name twice, ten names."""
    with pytest.raises(LayerListError):
        parse_layers(written)


@pytest.mark.parametrize("unknown", ["roads", "GRIDS", " grids"])
def test_a_layer_that_is_not_there_is_named(unknown: str):
    """The sentence names it and those there are."""
    with pytest.raises(UnknownLayerError, match=rf"{unknown}.*grids, grid_labels, buildings, incidents"):
        parse_layers(f"grids,{unknown}")


def test_boundaries_alone_do_not_move():
    """Grids and labels change with an edition only."""
    assert {layer.name for layer in LAYERS.values() if not layer.moves} == {"grids", "grid_labels"}


def test_every_filter_of_a_layer_is_a_parameter():
    """And every parameter narrows some layer."""
    assert frozenset().union(*(layer.filters for layer in LAYERS.values())) == PARAMETERS


def test_only_incidents_have_other_fields_for_a_scope():
    """The fields of the public name no single incident."""
    differing = {
        name for name, layer in LAYERS.items() if layer.fields_for(exact=True) != layer.fields_for(exact=False)
    }
    assert differing == {"incidents"}
    assert "incident" not in LAYERS["incidents"].fields_for(exact=False)


@pytest.mark.parametrize(
    ("zoom", "level"), [(0, CITY), (8, CITY), (9, STREET), (13, COMMUNITY), (14, UNIT), (20, MICRO), (22, MICRO)]
)
def test_the_level_of_a_zoom_is_the_one_whose_range_has_it(zoom: int, level: LevelBand):
    """Beyond every range it is the finest."""
    assert choose_level(ALL, zoom) is level


def test_a_level_that_is_missing_is_stood_in_for_by_the_one_above():
    """Without communities zoom 12 shows streets; without a city zoom 3 shows streets, the coarsest."""
    assert choose_level((CITY, STREET, UNIT), 12) is STREET
    assert choose_level((STREET, COMMUNITY), 3) is STREET


def test_of_two_ranges_the_finer_level_wins():
    """Ranges may overlap: they are data."""
    assert choose_level((LevelBand("a", 0, 0, 12), LevelBand("b", 1, 10, 14)), 11).code == "b"


@pytest.mark.parametrize(
    ("zoom", "level"), [(5, CITY), (10, STREET), (12, COMMUNITY), (13, UNIT), (16, UNIT), (22, UNIT)]
)
def test_counts_stop_at_unit_grids(zoom: int, level: LevelBand):
    """From zoom 13 on unit grids, never micro-grids."""
    assert choose_count_level(edition(*ALL), zoom) is level


def test_counts_are_never_by_a_finer_level_because_unit_grids_are_missing():
    """Communities and micro-grids alone: communities at every zoom."""
    assert {choose_count_level(edition(COMMUNITY, MICRO), zoom).code for zoom in range(23)} == {"community"}


def test_counts_of_an_edition_with_finer_levels_alone_use_what_there_is():
    """Micro-grids alone: there is nothing coarser to count by."""
    assert choose_count_level(edition(MICRO), 18) is MICRO


def test_counts_in_a_tree_of_other_levels_follow_the_zoom():
    """No level is called unit_grid."""
    assert choose_count_level(edition(CITY, STREET, levels=(CITY, STREET)), 15) is STREET
