from __future__ import annotations

import pytest
import shapely
from shapely.geometry import box
from sqlalchemy import exc, func, select

from gis_service.database.bulk import copy_rows, multipolygon_texts, shape_texts
from gis_service.database.tables import grid, grid_code, plan, plan_change, plan_grid
from grid_boundaries.partition import Grid
from tests.support.ground import add_levels

UGLY = ["tab\tand\nline", "carriage\rreturn", "back\\slash \\N", "\\.", "“网格” 'quoted' \"twice\"", "{a,b}", "🀄"]


def test_every_text_comes_back_as_it_was(work, open_session):
    """Names with what COPY takes for its own signs; of 5,000 rows and more none is lost between two batches."""
    add_levels(open_session)
    names = [*UGLY, *(f"网格{number}" for number in range(6_000))]
    added = [Grid(f"G{number}", box(1, 2, 3, 4), "district", None, name) for number, name in enumerate(names)]
    added[0] = Grid("G0", box(1, 2, 3, 4), "district", None, UGLY[0], households=7)

    with work:
        work.grids.publish(1, closed=[], added=added, attributes={"G1": {"manager": UGLY[0], "none": None}})
        work.commit()

    with work:
        stored = {one.code: one for one in work.grids.of_edition(1)}
    assert [stored[one.code].name for one in added] == names
    assert (stored["G0"].households, stored["G1"].households, stored["G0"].parent) == (7, None, None)
    with open_session() as session:
        attributes = session.scalars(select(grid.c.attributes).where(grid.c.code == "G1")).one()
    assert attributes == {"manager": UGLY[0], "none": None}


def test_shapes_are_written_bit_for_bit_with_their_system():
    """A polygon as a multipolygon, a multipolygon as it is; both in EPSG:4326."""
    odd = box(102.123456789, 25.1, 102.2, 25.3000000001)
    pair = shapely.MultiPolygon([odd, box(1, 1, 2, 2)])

    one, other = (shapely.from_wkb(written) for written in multipolygon_texts([odd, pair]))

    assert (one.geom_type, other.geom_type) == ("MultiPolygon", "MultiPolygon")
    assert one.geoms[0].equals_exact(odd, 0.0)
    assert other.equals_exact(pair, 0.0)
    assert [shapely.get_srid(shapely.from_wkb(written)) for written in shape_texts([odd, pair])] == [4326, 4326]
    assert multipolygon_texts([]) == []


def test_what_the_database_refuses_leaves_as_an_error_of_the_session(open_session):
    """A code twice; nothing of the batch stays."""
    with open_session() as session, pytest.raises(exc.IntegrityError) as caught:
        copy_rows(session, grid_code, ["code"], [["A"], ["B"], ["A"]])
    assert caught.value.orig.diag.constraint_name == "grid_code_pk"
    with open_session() as session:
        assert session.scalar(select(func.count()).select_from(grid_code)) == 0


def test_marks_are_kept(work, open_session):
    """The columns of booleans of a plan's grids."""
    with open_session() as session:
        made = session.execute(plan.insert().values(title="t", created_by="p").returning(plan.c.id)).scalar_one()
        session.execute(
            plan_change.insert().values(plan_id=made, position=1, operation="retire", detail={}, made_by="p")
        )
        copy_rows(
            session,
            plan_grid,
            ["plan_id", "position", "code", "retired", "restored"],
            [[made, 1, "A", True, False], [made, 1, "B", True, True]],
        )
        rows = session.execute(select(plan_grid.c.retired, plan_grid.c.restored).order_by(plan_grid.c.code)).all()
    assert [tuple(row) for row in rows] == [(True, False), (True, True)]
