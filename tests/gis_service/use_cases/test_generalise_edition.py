from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from sqlalchemy import func, insert, select, text

from gis_service.database.tables import generalised_shape, level
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.generalise_edition import BandMade, generalise_edition, generalise_stored
from grid_boundaries.check import CheckRules, check_tree
from grid_boundaries.partition import Grid
from tests.support.wiggly_tree import Tree, distance_in_plane, is_exact, wiggly_tree
from tiles.bands import BANDS

NAMES = {"district": "区", "street": "街道", "community": "社区"}
ZOOMS = {"district": (0, 7), "street": (8, 11), "community": (12, 22)}
DRAWN = {1: "district", 2: "district", 3: "street", 4: "street", 5: "community"}
RULES = CheckRules(contiguity=False)


@pytest.fixture
def tree(work: UnitOfWork) -> Tree:
    """A tree of thirty communities in three streets; its levels are stored."""
    rows = [
        {"code": code, "rank": rank, "name": name, "name_en": code, "min_zoom": low, "max_zoom": high}
        for rank, ((code, name), (low, high)) in enumerate(zip(NAMES.items(), ZOOMS.values(), strict=True))
    ]
    with work:
        work._session.execute(insert(level), rows)
        work.commit()
    return wiggly_tree(3, 30)


def store(
    work: UnitOfWork, number: int, before: list[Grid], after: list[Grid], *, made: bool = True
) -> list[BandMade]:
    """Store an edition in which what differs from the one before is closed and added, and generalise it."""
    were, are = {one.code: one for one in before}, {one.code: one for one in after}
    added = [one for code, one in are.items() if code not in were or not same(one, were[code])]
    closed = {code for code, one in were.items() if code not in are or not same(one, are[code])}
    with work:
        work.editions.append(
            number=number,
            effective_from=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number),
            published_by="test",
            note="",
            grid_count=len(after),
            checksum="",
            certificate={},
            bounds=(102.7, 25.0, 102.8, 25.1),
        )
        work.grids.publish(number, closed=closed, added=added, attributes={})
        touched = {one.code for one in added} | closed
        done = generalise_edition(number, touched, work) if made else []
        work.commit()
    return done


def same(one: Grid, other: Grid) -> bool:
    return (one.name, one.parent) == (other.name, other.parent) and one.shape.equals_exact(other.shape, 0)


def shapes_of(work: UnitOfWork, number: int) -> dict[int, dict[str, shapely.Geometry]]:
    with work:
        return {band.number: work.generalised.shapes(number, band.number) for band in BANDS}


def prove(grids: list[Grid], shapes: dict[int, dict[str, shapely.Geometry]]) -> None:
    """Each band holds the levels down to its own, proved, within its tolerance."""
    names = list(NAMES)
    for band in BANDS:
        drawn = [one for one in grids if names.index(one.level or "") <= names.index(DRAWN[band.number])]
        made = shapes[band.number]
        assert set(made) == {one.code for one in drawn}
        report = check_tree([Grid(one.code, made[one.code], one.level, one.parent) for one in drawn], RULES, names)
        assert report.valid, report.findings
        assert report.certificate or len(drawn) == 1
        for one in drawn:
            assert distance_in_plane(one.shape, made[one.code]) <= band.tolerance * (1 + 1e-9)


def test_the_first_edition_gets_the_shapes_of_every_band(work: UnitOfWork, tree: Tree):
    """The district in each band, streets from zoom 8 on, communities at 12 and 13; each band is a proved tree."""
    made = store(work, 1, [], tree.grids())
    assert [(one.band, one.level, one.shapes_made, one.whole) for one in made] == [
        (1, "district", 1, True),
        (2, "district", 1, True),
        (3, "street", 4, True),
        (4, "street", 4, True),
        (5, "community", len(tree.grids()), True),
    ]
    prove(tree.grids(), shapes_of(work, 1))


@pytest.mark.parametrize("seed", range(4))
def test_an_edit_remakes_a_part_and_leaves_older_editions_alone(work: UnitOfWork, tree: Tree, seed: int):
    """Six redraws one after another: each edition is proved, is remade in part, and says for ever what it said."""
    random = np.random.default_rng(seed)
    before, number = tree.grids(), 1
    store(work, 1, [], before)
    told = {1: shapes_of(work, 1)}
    while number < 7:
        following = tree.redraw(random)
        after = following.grids()
        if not is_exact(after) or following is tree:
            continue
        number += 1
        made = store(work, number, before, after)
        assert not any(one.whole for one in made)
        told[number] = shapes_of(work, number)
        prove(after, told[number])
        tree, before = following, after
    assert all(shapes_of(work, one) == shapes for one, shapes in told.items())


def test_a_small_edit_stores_few_shapes(work: UnitOfWork, tree: Tree):
    """Merging two communities touches them and those around, not all thirty."""
    store(work, 1, [], tree.grids())
    following = tree._merge(np.random.default_rng(2))
    made = store(work, 2, tree.grids(), following.grids())
    assert 0 < made[-1].shapes_made < 12


def test_a_new_name_stores_no_shape(work: UnitOfWork, tree: Tree):
    """The row of the grid is new, its shape is not."""
    grids = tree.grids()
    store(work, 1, [], grids)
    renamed = [Grid(one.code, one.shape, one.level, one.parent, f"{one.name}新") for one in grids]
    made = store(work, 2, grids, renamed)
    assert [one.shapes_made for one in made] == [0] * len(BANDS)
    assert shapes_of(work, 2) == shapes_of(work, 1)


def test_editions_from_before_are_made_afterwards(work: UnitOfWork, tree: Tree):
    """Three editions without shapes: a publish does not begin with the last, the backfill makes all in order."""
    random = np.random.default_rng(5)
    chain = [tree]
    while len(chain) < 3:
        following = chain[-1].redraw(random)
        if is_exact(following.grids()) and following is not chain[-1]:
            chain.append(following)
    grids = [one.grids() for one in chain]
    store(work, 1, [], grids[0], made=False)
    store(work, 2, grids[0], grids[1], made=False)
    assert store(work, 3, grids[1], grids[2]) == []
    assert read_tile_edition(3, work).bands == {}
    steps: list[tuple[int, int]] = []
    assert generalise_stored(work, lambda done, of: steps.append((done, of))) == 3
    assert steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    for number, one in enumerate(grids, start=1):
        prove(one, shapes_of(work, number))
    assert read_tile_edition(3, work).bands == DRAWN
    assert generalise_stored(work) == 0


def test_a_band_that_draws_another_level_is_made_whole(work: UnitOfWork, tree: Tree):
    """Streets from zoom 6 on instead of 8: the next edition gets their shapes in the band of 6 and 7 too."""
    grids = tree.grids()
    store(work, 1, [], grids)
    with work:
        work._session.execute(text("UPDATE level SET min_zoom = 6 WHERE code = 'street'"))
        work.commit()
    following = tree._merge(np.random.default_rng(2))
    made = store(work, 2, grids, following.grids())
    assert [one.whole for one in made] == [False, True, False, False, False]
    assert set(shapes_of(work, 2)[2]) == {"D", "S0", "S1", "S2"}
    assert set(shapes_of(work, 1)[2]) == {"D"}


def test_a_missing_stored_shape_is_made_good_by_making_the_whole_band(work: UnitOfWork, tree: Tree):
    """Somebody deleted a row: nothing can be remade from it, so the next edition has all shapes made."""
    store(work, 1, [], tree.grids())
    with work:
        work._session.execute(text("DELETE FROM generalised_shape WHERE band = 5"))
        work.commit()
    following = tree._merge(np.random.default_rng(2))
    made = store(work, 2, tree.grids(), following.grids())
    assert made[-1].whole
    prove(following.grids(), shapes_of(work, 2))


def test_no_two_shapes_of_a_grid_hold_at_once(work: UnitOfWork, tree: Tree):
    """One row without an end for each grid and band that is alive, none for those that are gone."""
    random = np.random.default_rng(8)
    before = tree.grids()
    store(work, 1, [], before)
    following = tree._merge(random)
    store(work, 2, before, following.grids())
    with work:
        open_rows = work._session.execute(
            select(func.count()).where(generalised_shape.c.until.is_(None), generalised_shape.c.band == 5)
        ).scalar_one()
    assert open_rows == len(following.grids())
