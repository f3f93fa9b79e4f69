import pytest
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from grid_boundaries.redraw import Ground, apply_redraw, carve
from tests.support.redraws import A1, A2, B1, B2, A, B, at, errors_of, patch, refusal, tiny_ground

GROUND = tiny_ground()
SHOPS = patch((0.2, 0.95), (0.8, 0.95), (0.8, 1.05), (0.2, 1.05))


def test_a_strip_is_cut_out_of_two_grids_and_is_their_sibling():
    """A shop street of 600 m by 100 m on both sides of the edge between A1 and A2."""
    done = carve(GROUND, SHOPS, "dedicated", "商铺")
    after = apply_redraw(GROUND, done)

    new = after["53010101003"]
    assert (new.level, new.parent, new.kind, new.name) == ("unit_grid", A, "dedicated", "商铺")
    assert new.shape.equals(SHOPS)
    assert done.detail["from"] == [A1, A2]
    assert done.detail["multipart"] == []
    assert done.refined == frozenset()
    assert errors_of(after) == []


def test_grids_left_in_pieces_are_announced():
    """From the western to the eastern border of A1, through its middle."""
    done = carve(GROUND, patch((0, 1.4), (1, 1.4), (1, 1.6), (0, 1.6)), "dedicated", "商铺")

    assert done.detail["multipart"] == [A1]
    assert apply_redraw(GROUND, done)[A1].shape.geom_type == "MultiPolygon"
    assert errors_of(apply_redraw(GROUND, done)) == []


def test_what_lies_beyond_the_given_parent_is_left_out_and_told():
    """Half of the polygon is B's: 1 ha of 2 ha or so."""
    across = patch((0.9, 1.4), (1.1, 1.4), (1.1, 1.5), (0.9, 1.5))

    done = carve(GROUND, across, "dedicated", "商铺", parent=A)

    after = apply_redraw(GROUND, done)
    assert after[done.detail["carved"]].shape.equals(box(*at(0.9, 1.4), *at(1, 1.5)))
    assert done.detail["left_out_m2"] == pytest.approx(1009 * 1108 / 100, rel=0.01)
    assert done.refined == {A, B, B1}
    assert errors_of(after) == []


def test_a_seam_beyond_the_parent_is_left_out_unasked():
    """Drawn 0.4 m over the border of B."""
    done = carve(GROUND, patch((0.9, 1.4), (1.0004, 1.4), (1.0004, 1.5), (0.9, 1.5)), "dedicated", "商铺")

    assert done.detail["from"] == [A1]
    assert 0 < done.detail["left_out_m2"] < 50
    assert errors_of(apply_redraw(GROUND, done)) == []


def test_an_enclave_and_a_polygon_with_a_hole_are_fine():
    """A ring road with A1 on both sides: A1 is in two pieces, the inner one an island."""
    ring = Polygon(
        [at(0.2, 1.2), at(0.8, 1.2), at(0.8, 1.8), at(0.2, 1.8)],
        [[at(0.4, 1.4), at(0.6, 1.4), at(0.6, 1.6), at(0.4, 1.6)]],
    )

    done = carve(GROUND, ring, "dedicated", "环路")

    assert done.detail["multipart"] == [A1]
    assert errors_of(apply_redraw(GROUND, done)) == []


@pytest.mark.parametrize(
    ("polygon", "code"),
    [
        (patch((0.5, 1.4), (1.5, 1.4), (1.5, 1.6), (0.5, 1.6)), "different-parents"),
        (patch((0, 1), (1, 1), (1, 2), (0, 2)), "grid-swallowed"),
        (patch((0.5, 1.5), (0.5, 3), (0.6, 3), (0.6, 1.5)), "polygon-outside"),
        (patch((5, 5), (6, 5), (6, 6)), "polygon-misses"),
        (patch((0, 1), (1, 2), (1, 1), (0, 2)), "polygon-not-valid"),
        (Polygon(), "empty-geometry"),
        (MultiPolygon([SHOPS]), "not-a-polygon"),
        (shapely.force_3d(SHOPS), "has-heights"),
        (shapely.transform(SHOPS, lambda degrees: degrees[:, ::-1]), "not-degrees"),
        (shapely.transform(SHOPS, lambda degrees: degrees * 1e-12 + (102.7, 25)), "polygon-not-valid"),
    ],
)
def test_a_polygon_that_cannot_be_carved_is_refused(polygon, code):
    error = refusal(lambda: carve(GROUND, polygon, "dedicated", "商铺"))

    assert (error.code, error.pointer) == (code, "polygon")


@pytest.mark.parametrize(
    ("kind", "name", "code", "parent", "pointer"),
    [
        ("shop", "商铺", None, None, "kind"),
        ("dedicated", " ", None, None, "name"),
        ("dedicated", "商铺", A1, None, "code"),
        ("dedicated", "商铺", None, "nobody", "parent"),
        ("dedicated", "商铺", None, B, "polygon"),
    ],
)
def test_other_arguments_that_cannot_be_are_refused(kind, name, code, parent, pointer):
    assert refusal(lambda: carve(GROUND, SHOPS, kind, name, code, parent)).pointer == pointer


def test_ground_with_two_owners_is_refused_and_names_them():
    """A1 reaches a kilometre into A2: nobody can say whose ground the polygon would take."""
    tall = box(*at(0, 0), *at(1, 2))
    grids = [grid if grid.code != A1 else type(grid)(A1, tall, grid.level, A, grid.name) for grid in GROUND.values()]

    error = refusal(
        lambda: carve(Ground(grids, GROUND.levels), patch((0.2, 0.2), (0.4, 0.2), (0.4, 0.4)), "dedicated", "商铺")
    )

    assert (error.code, set(error.grids)) == ("not-exact", {A1, A2})


def test_a_deeper_grid_is_asked_for_its_children():
    """B without its children is a leaf itself: what is carved out of it is a community."""
    ground = Ground([grid for grid in GROUND.values() if grid.code not in {B1, B2}], GROUND.levels)

    after = apply_redraw(ground, carve(ground, patch((1.2, 0.2), (1.4, 0.2), (1.4, 0.4)), "dedicated", "商铺", "X1"))

    assert (after["X1"].level, after["X1"].parent) == ("community", "530101")
    assert errors_of(after) == []
