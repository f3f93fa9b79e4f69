import pytest

from grid_boundaries.partition import Grid
from grid_boundaries.redraw import Ground
from grid_boundaries.redraw.codes import number_on
from tests.support.redraws import A1, patch, refusal, tiny_ground

SHAPE = patch((0, 0), (1, 0), (1, 1))


def ground_of(*codes: str, parent: str | None = None, used: tuple[str, ...] = ()) -> Ground:
    return Ground([Grid(code, SHAPE, "unit_grid", parent) for code in codes], ("unit_grid",), used)


@pytest.mark.parametrize(
    ("codes", "parent", "used", "like", "expected"),
    [
        (("P001", "P002"), "P", (), "P001", ["P003", "P004"]),
        (("P001", "P002"), "P", ("P003", "P005"), "P001", ["P006", "P007"]),
        (("P001", "P0012"), "P", (), "P001", ["P002", "P003"]),
        (("530102", "530103"), None, (), "530102", ["530104", "530105"]),
        (("A7", "B9"), "P", (), "A7", ["A8", "A9"]),
        (("A7", "A9"), "P", (), "A7", ["A1", "A2"]),
        (("A7", "A8"), "P", (), "A7", ["A9", "A1"]),
        (("park",), "P", (), "park", ["park01", "park02"]),
    ],
)
def test_codes_go_on_after_the_highest_that_is_or_was(codes, parent, used, like, expected):
    """Same prefix, same number of digits; when the numbers run out, the lowest that are free."""
    assert number_on(ground_of(*codes, parent=parent, used=used), like, 2) == expected


def test_when_no_number_is_free_it_says_so():
    error = refusal(lambda: number_on(ground_of(*(f"A{n}" for n in range(1, 10)), parent="P"), "A1", 1))

    assert (error.code, error.pointer) == ("no-free-code", "new_codes")


def test_the_parents_code_is_the_prefix_where_there_is_one():
    assert number_on(tiny_ground(), A1, 1) == ["53010101003"]


def test_a_code_comes_once():
    with pytest.raises(ValueError, match="A1 comes twice"):
        ground_of("A1", "A1")
