"""Files as offices have them: what is read, and what is refused with words that help."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from pyarrow import parquet
from pyproj import CRS
from shapely.geometry import box, mapping

from gis_service.domain.level import STANDARD_LEVELS
from gis_service.errors import RuleBrokenError, TooLargeError
from gis_service.files.grid_fields import FieldMapping, read_grids
from gis_service.files.vector_files import convert_to_degrees, read_vector_file
from grid_boundaries.partition import on_lattice
from tests.support.grid_files import write_geojson, write_parquet, write_with_gdal, zip_shapefile
from tests.support.ground import tiny_tree

ZONED, UNZONED = 4522, 4543  # both have the central meridian 102 E; eastings of the first begin with 34


def grids_in(path, fields=None, **more):
    """What an import would take from a file, on the lattice."""
    (file,), _ = convert_to_degrees([read_vector_file(path, **more)])
    found = read_grids(file, fields or FieldMapping(), STANDARD_LEVELS).grids
    return {grid.code: grid for grid in found}


def assert_is_tiny_tree(found):
    """Every attribute, and every vertex to the last step of the lattice."""
    for grid in tiny_tree():
        same = found[grid.code]
        assert (same.name, same.level, same.parent) == (grid.name, grid.level, grid.parent)
        assert (same.kind, same.households) == ("standard", grid.households)
        assert on_lattice(same.shape).normalize() == on_lattice(grid.shape).normalize()
    assert len(found) == len(tiny_tree())


@pytest.mark.parametrize("epsg", [4326, 4490, ZONED, UNZONED])
@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".parquet"])
def test_every_format_and_system_gives_the_same_grids(tmp_path, epsg, ending):
    """Degrees of both kinds, Gauss-Krueger with and without zone number."""
    path = tmp_path / f"网格{ending}"
    if ending == ".parquet":
        write_parquet(path, tiny_tree(), {"crs": CRS.from_epsg(epsg).to_json_dict()}, epsg=epsg)
    else:
        write_with_gdal(path, tiny_tree(), epsg=epsg)

    assert_is_tiny_tree(grids_in(path))


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_a_shapefile_in_a_zip_is_read_whatever_its_encoding(tmp_path, encoding):
    """Chinese names, no .cpg, in a folder of the archive whose own name is Chinese."""
    shp = write_with_gdal(tmp_path / "tree.shp", tiny_tree(), epsg=UNZONED, encoding=encoding)
    archive = zip_shapefile(shp, tmp_path / "tree.zip", without=(".cpg",))

    assert_is_tiny_tree(grids_in(archive))
    assert_is_tiny_tree(grids_in(archive, layer="网格"))


def test_of_several_shapefiles_in_a_zip_one_must_be_named(tmp_path):
    """Their names are told."""
    shp = write_with_gdal(tmp_path / "tree.shp", tiny_tree())
    write_with_gdal(tmp_path / "other.shp", tiny_tree()[:1])
    archive = zip_shapefile(shp, tmp_path / "two.zip", "tree")
    with zipfile.ZipFile(archive, "a") as opened:
        for part in tmp_path.glob("other.*"):
            opened.write(part, part.name)

    with pytest.raises(RuleBrokenError, match="its Shapefiles: other, tree"):
        read_vector_file(archive)
    assert len(read_vector_file(archive, "tree").features) == len(tiny_tree())


def test_a_layer_of_a_geopackage_can_be_chosen(tmp_path):
    """The first by default."""
    tree = tiny_tree()
    path = write_with_gdal(tmp_path / "two.gpkg", tree[:1], layer="区")
    write_with_gdal(path, tree, layer="全部", append=True)

    assert list(grids_in(path)) == [tree[0].code]
    assert_is_tiny_tree(grids_in(path, layer="全部"))
    with pytest.raises(RuleBrokenError, match="Layer '没有' could not be opened"):
        read_vector_file(path, "没有")


def test_a_file_that_does_not_say_its_system_can_be_told(tmp_path):
    """Metres without .prj are refused, and taken with --crs."""
    path = write_with_gdal(tmp_path / "tree.shp", tiny_tree(), epsg=UNZONED)
    path.with_suffix(".prj").unlink()

    with pytest.raises(RuleBrokenError, match=r"add a .prj file, declare it with --crs") as refusal:
        read_vector_file(path)
    assert refusal.value.code == "crs-missing"
    assert_is_tiny_tree(grids_in(path, crs=f"EPSG:{UNZONED}"))


@pytest.mark.parametrize(
    ("epsg", "said", "words"),
    [
        (ZONED, 4490, "look like metres; declare the system that they are in; eastings that begin with 34 are of"),
        (UNZONED, 4326, "look like metres"),
        (
            4490,
            UNZONED,
            "its numbers are like 102.71, 25.01, so that its coordinates are degrees; declare EPSG:4326 or EPSG:4490",
        ),
        (ZONED, UNZONED, "eastings that begin with 34 are of zone 34, EPSG:4522"),
        (UNZONED, ZONED, "eastings without a zone number are of EPSG:4534 to 4554"),
        (UNZONED, 2343, "is in Xian 1980 / .* whose shift to CGCS2000 is not public"),
    ],
)
def test_numbers_that_contradict_the_system_are_refused(tmp_path, epsg, said, words):
    """What was declared, what was found, what is likely meant."""
    path = write_with_gdal(tmp_path / "tree.gpkg", tiny_tree(), epsg=epsg, said=said)

    with pytest.raises(RuleBrokenError, match=words):
        grids_in(path)


@pytest.mark.parametrize("crs", ["gcj02", "BD-09"])
def test_boundaries_with_the_public_offset_are_refused(tmp_path, crs):
    """With the reason, in both languages."""
    path = write_geojson(tmp_path / "x.geojson", tiny_tree())

    with pytest.raises(RuleBrokenError, match=r"known to a metre only.*米级") as refusal:
        read_vector_file(path, crs=crs)
    assert refusal.value.code == "offset-crs"


def test_a_system_other_than_the_file_says_is_refused(tmp_path):
    """The file knows better, or must be corrected."""
    path = write_with_gdal(tmp_path / "tree.gpkg", tiny_tree(), epsg=UNZONED)

    with pytest.raises(RuleBrokenError, match="says that it is in CGCS2000 / 3-degree Gauss-Kruger CM 102E, not in"):
        read_vector_file(path, crs="EPSG:4490")


@pytest.mark.parametrize(
    ("geo", "words"),
    [
        ({"encoding": "polygon"}, "has the encoding polygon and planar edges"),
        ({"edges": "spherical"}, "spherical edges"),
        ({"crs": {"type": "nonsense"}}, "coordinate system that is not known: the one in its metadata"),
    ],
)
def test_parquet_that_is_written_in_another_way_is_refused(tmp_path, geo, words):
    """With what to change."""
    path = write_parquet(tmp_path / "x.parquet", tiny_tree(), geo)

    with pytest.raises(RuleBrokenError, match=words):
        read_vector_file(path)


def test_parquet_without_geometry_is_refused(tmp_path):
    """A table of numbers."""
    parquet.write_table(pa.table({"code": ["a"]}), tmp_path / "x.parquet")

    with pytest.raises(RuleBrokenError, match="Parquet but no GeoParquet"):
        read_vector_file(tmp_path / "x.parquet")


def test_parquet_that_unpacks_to_more_than_is_taken_is_refused(tmp_path):
    """Before it is read."""
    path = write_parquet(tmp_path / "x.parquet", tiny_tree())

    with pytest.raises(TooLargeError, match="unpacks to"):
        read_vector_file(path, most_bytes=100)


def write_rows(path, rows):
    """GeoJSON with these properties, each a square."""
    features = [
        {"type": "Feature", "properties": row, "geometry": mapping(box(102 + i, 25, 103 + i, 26))}
        for i, row in enumerate(rows)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_all_rows_that_cannot_be_grids_are_told_at_once(tmp_path):
    """A code twice, none, one with a space; an unknown level and kind; half a household."""
    rows = [
        {"code": "A1", "level": "社区", "kind": "专属网格", "households": "12"},
        {"code": "A1", "level": "社区"},
        {"code": None, "level": "community"},
        {"code": "A 2", "level": "Unit Grid"},
        {"code": "A3", "level": "星球"},
        {"code": "A4", "level": "3", "kind": "奇怪"},
        {"code": "A5", "level": "微网格", "households": 1.5},
    ]

    with pytest.raises(RuleBrokenError) as refusal:
        grids_in(write_rows(tmp_path / "x.geojson", rows))

    assert refusal.value.code == "unusable-rows"
    assert [fault.detail.split(" (")[0] for fault in refusal.value.faults] == [
        "row 3: it has no code",
        "row 4: the code 'A 2' must be 1 to 32 letters A to Z and digits",
        "row 5: grid A3 has the unknown level '星球'",
        "row 6: grid A4 has the unknown kind '奇怪'",
        "row 7: grid A5 has 1.5 households, which is no whole number from 0 on",
        "row 2: the code A1 comes twice, first in row 1",
    ]


def test_words_for_levels_and_kinds_are_understood(tmp_path):
    """Chinese and English, in any letters; a grid without a name is called by its code."""
    words = {
        "区": "district",
        "镇": "street",
        "行政村": "community",
        "Unit-Grid": "unit_grid",
        "微网格": "micro_grid",
    }
    rows = [
        {"code": f"A{number}", "层级": word, "类型": "专属", "上级": "A0" if number else None}
        for number, word in enumerate(words)
    ]

    found = grids_in(write_rows(tmp_path / "x.geojson", rows))

    assert [grid.level for grid in found.values()] == list(words.values())
    assert {grid.kind for grid in found.values()} == {"dedicated"}
    assert [grid.name for grid in found.values()] == list(found)


def test_several_levels_need_parents(tmp_path):
    """One level may be all roots."""
    rows = [{"code": "A", "level": "区"}, {"code": "B", "level": "街道"}]

    with pytest.raises(RuleBrokenError, match="several levels but no field for the parents"):
        grids_in(write_rows(tmp_path / "x.geojson", rows))
    found = grids_in(tmp_path / "x.geojson", FieldMapping(level="街道", parent="A9"))
    assert {(grid.level, grid.parent) for grid in found.values()} == {("street", "A9")}


def test_a_file_without_levels_asks_for_them(tmp_path):
    path = write_rows(tmp_path / "x.geojson", [{"code": "A"}])

    with pytest.raises(RuleBrokenError, match="name it with --level-field, or give --level"):
        grids_in(path)
    with pytest.raises(RuleBrokenError, match="No level is called '星球'; the levels are city"):
        grids_in(path, FieldMapping(level="星球"))


def test_codes_that_a_number_cannot_hold_are_refused(tmp_path):
    """Eighteen digits as a double: the last ones are made up."""
    path = tmp_path / "x.gpkg"
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array([box(102, 25, 103, 26)], dtype=object)),
        [np.array([530103001001001001.0])],
        ["code"],
        geometry_type="Polygon",
        crs="EPSG:4490",
    )

    with pytest.raises(RuleBrokenError, match="more digits than the file keeps; store codes as text"):
        grids_in(path, FieldMapping(level="区"))
