from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pyproj import Transformer

from gis_service.bulk.locator_file import digest_of, open_locator, write_locator
from gis_service.bulk.ownership import DEGREES, FINE, MISSING, REASONS, UNREADABLE, Points
from gis_service.bulk.tally import Tally
from gis_service.errors import RuleBrokenError
from grid_boundaries.locate.coordinates import UnknownCrsError
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from tests.support.bulk import ADDED, expected_rows, random_points, tree_ownership
from tests.support.tree import at


def points(xs, ys, faults=None) -> Points:
    size = len(xs)
    found = np.full(size, FINE, np.int8) if faults is None else np.array(faults, np.int8)
    return Points(np.array(xs, float), np.array(ys, float), found)


def rows_of(ownership, *asked) -> list[dict]:
    owned = ownership.of_points(*asked)
    return pa.RecordBatch.from_arrays(owned.columns, schema=ownership.schema).to_pylist()


def test_each_point_gets_its_owner_and_the_chain_above():
    """500 points, ties, gaps and outside among them, as the reference locator has it."""
    lons, lats = random_points(500)
    assert tree_ownership().schema.names == ADDED
    assert rows_of(tree_ownership(), points(lons, lats)) == expected_rows(lons, lats)


def test_levels_without_grids_have_no_column_and_a_missing_level_is_empty():
    """There are no micro-grids; B1 is a community without unit grids."""
    lon, lat = at(0.5, 2.5)
    row = rows_of(tree_ownership(None), points([lon], [lat]))[0]
    assert "grid_micro_grid" not in row
    assert (row["grid_code"], row["grid_community"], row["grid_unit_grid"]) == ("B1", "B1", None)
    assert row["edition"] is None


def test_points_at_fault_have_a_reason_and_the_others_their_owner():
    """Missing, unreadable, out of range, swapped; a fine point between them."""
    lon, lat = at(0.5, 2.5)
    xs, ys = [np.nan, 1.0, lon, 200.0, lat, np.inf], [lat, 1.0, lat, lat, lon, lat]
    rows = rows_of(tree_ownership(), points(xs, ys, [FINE, UNREADABLE, FINE, FINE, FINE, FINE]))
    assert [row["grid_code"] for row in rows] == [None, None, "B1", None, None, None]
    told = [row["locate_error"] for row in rows]
    assert told == [REASONS[MISSING], REASONS[UNREADABLE], None, REASONS[2], REASONS[3], REASONS[2]]


@pytest.mark.parametrize("crs", ["gcj02", "EPSG:4543", "epsg:4522"])
def test_points_of_other_systems_are_converted(crs):
    """The middle of B1 in GCJ-02 and in both Gauss-Krueger zones of 102 E; nowhere is told, never dropped."""
    lon, lat = np.array([at(0.5, 2.5)]).T
    if crs == "gcj02":
        xs, ys = wgs84_to_gcj02(lon, lat)
    else:
        xs, ys = Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(lon, lat)
    rows = rows_of(tree_ownership(), points([*xs, 1e9], [*ys, 1e9]), crs)
    assert [row["grid_code"] for row in rows] == ["B1", None]
    assert [row["locate_error"] for row in rows] == [None, REASONS[2]]


def test_degrees_in_a_file_of_metres_are_told_and_counted():
    """Two of three rows; the third is a place of the zone."""
    lon, lat = at(0.5, 2.5)
    x, y = Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True).transform(lon, lat)
    owned = tree_ownership().of_points(points([lon, x, lat], [lat, y, lon]), "EPSG:4543")
    tally = Tally.of(owned, "", 0)
    assert (tally.owned, tally.bad) == (1, 2)
    assert tally.bad_by_reason == {REASONS[DEGREES]: 2}
    assert (tally + tally).bad_by_reason == {REASONS[DEGREES]: 4}


def test_an_unknown_system_is_refused():
    with pytest.raises(UnknownCrsError, match="EPSG:3857"):
        tree_ownership().of_points(points([1], [1]), "EPSG:3857")


def test_no_points_have_no_rows():
    assert rows_of(tree_ownership(), points([], [])) == []


def test_a_locator_file_answers_like_what_was_written(tmp_path):
    """Grids, levels and edition; the digest is that of the content."""
    write_locator(tmp_path / "a.locator", tree_ownership())
    opened = open_locator(tmp_path / "a.locator")
    lons, lats = random_points(100)
    assert rows_of(opened, points(lons, lats)) == expected_rows(lons, lats)
    assert digest_of(opened) == digest_of(tree_ownership()) != digest_of(tree_ownership(8))


def test_a_damaged_locator_file_is_refused(tmp_path):
    """Empty, no such file, other bytes, cut short."""
    path = tmp_path / "a.locator"
    with pytest.raises(RuleBrokenError, match="There is no file"):
        open_locator(path)
    for content, said in ((b"", "empty"), (b"x" * 99, "no locator file")):
        path.write_bytes(content)
        with pytest.raises(RuleBrokenError, match=said):
            open_locator(path)
    write_locator(path, tree_ownership())
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RuleBrokenError, match="cut short or changed"):
        open_locator(path)
