"""What is written is read again, whatever the format."""

from __future__ import annotations

import csv
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, box

from gis_service.domain.building_code import make_building_code
from gis_service.domain.building_import import ExportedBuilding
from gis_service.errors import RuleBrokenError
from gis_service.files.written_buildings import SUFFIXES, write_buildings
from gis_service.use_cases.read_building_file import Reading, open_buildings

TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"]) | st.sampled_from("=+-@'＝\",;"), max_size=8
).map(str.strip)
DAYS = st.none() | st.dates(date(1800, 1, 1), date(2100, 1, 1))
BUILDINGS = st.builds(
    ExportedBuilding,
    code=st.integers(0, 9_999_999).map(lambda serial: make_building_code("530103", serial)),
    name=TEXTS,
    address=TEXTS,
    use=TEXTS,
    storeys=st.none() | st.integers(1, 300),
    households=st.integers(0, 1_000_000),
    lon=st.floats(73, 135),
    lat=st.floats(18, 53),
    built_on=DAYS,
    verified_on=DAYS,
    grid=st.none() | st.just("530103001001001"),
    footprint=st.none()
    | st.tuples(st.floats(73, 135), st.floats(18, 53)).map(
        lambda at: MultiPolygon([box(at[0], at[1], at[0] + 0.01, at[1] + 0.01)])
    ),
)
READ = ("code", "name", "address", "use", "storeys", "households", "lon", "lat", "built_on", "verified_on")


@pytest.mark.parametrize("suffix", [end for end in SUFFIXES if end != ".json"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=10, phases=[Phase.explicit, Phase.generate])
@given(buildings=st.lists(BUILDINGS, min_size=1, max_size=4), with_footprints=st.booleans())
def test_a_file_gives_back_the_buildings_that_it_was_made_of(suffix, buildings, with_footprints):
    """Every column to the last digit that the format holds, and footprints vertex by vertex."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"楼栋{suffix}"
        assert write_buildings(path, [buildings], with_footprints=with_footprints) == len(buildings)
        with open_buildings(path, Reading({})) as file:
            rows = [row for part in file.parts() for row in part]
    assert [row.faults for row in rows] == [[]] * len(buildings)
    for row, one in zip(rows, buildings, strict=True):
        if suffix == ".xlsx":  # Excel keeps fifteen digits of a number
            assert (row.lon, row.lat) == pytest.approx((one.lon, one.lat), rel=1e-14)
            row.lon, row.lat = one.lon, one.lat
        assert [getattr(row, name) for name in READ] == [getattr(one, name) for name in READ]
        expected = one.footprint if with_footprints else None
        assert (row.footprint is None) == (expected is None)
        assert expected is None or row.footprint.normalize() == expected.normalize()


def test_no_cell_is_a_formula(tmp_path):
    """Names that begin with the signs of formulas have an apostrophe in front; a number below zero stays one."""
    signs = ["=1+1", "+1", "-1", "@x", "＝1"]
    buildings = [
        ExportedBuilding(f"C{sign}", sign, "", "", None, 0, -70.5, 25.0, None, None, None, None) for sign in signs
    ]
    write_buildings(tmp_path / "a.csv", [buildings])
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [f"'{sign}" for sign in signs]
    assert rows[0]["lon"] == "-70.5"


def test_text_that_a_shapefile_would_cut_off_is_refused(tmp_path):
    """254 bytes are the most; the sentence names the format to take."""
    long = ExportedBuilding("C", "楼" * 85, "", "", None, 0, 102.7, 25.0, None, None, None, None)
    with pytest.raises(RuleBrokenError, match="gpkg"):
        write_buildings(tmp_path / "a.zip", [[long]])
    assert list(tmp_path.iterdir()) == []


def test_another_ending_is_refused(tmp_path):
    """With those that are written."""
    with pytest.raises(RuleBrokenError, match=r"\.xlsx"):
        write_buildings(tmp_path / "a.doc", [])
