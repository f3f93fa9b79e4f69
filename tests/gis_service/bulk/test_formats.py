"""CSV, Parquet and GeoPackage: there and back, and what is refused."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from pyarrow import parquet
from pyproj import CRS, Transformer

from gis_service.bulk.asked import Asked, BadRowsError
from gis_service.bulk.ownership import REASONS
from gis_service.errors import ClashError, RuleBrokenError
from gis_service.files.written_whole import write_geoparquet
from gis_service.use_cases.locate_file import Engine, locate_file
from tests.support.bulk import ADDED, expected_rows, random_points, tree_ownership
from tests.support.tree import at


def run(path, out, *, workers=1, force=False, **asked):
    return locate_file(
        path, out, tree_ownership(), Asked(**asked), Engine(workers), force=force, on_rows=lambda *_: None
    )


def texts(rows) -> list[list[str]]:
    """Rows as CSV has them."""
    return [["" if value is None else str(value) for value in row.values()] for row in rows]


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_keeps_text_encoding_and_delimiter(tmp_path, out, encoding, delimiter):
    """Codes keep their zeros, fields with quotes and line breaks come back; Chinese headers are found."""
    lons, lats = random_points(40)
    notes = ["007", "", f"a{delimiter}b", 'say "好"', "two\nlines"]
    given = [[notes[n % 5], str(lon), str(lat)] for n, (lon, lat) in enumerate(zip(lons, lats, strict=True))]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\r\n").writerows([["备注", "经度", "纬度"], *given])
    (tmp_path / "in.csv").write_bytes(written.getvalue().encode(encoding))
    done = run(tmp_path / "in.csv", out)
    back = out.read_bytes()
    assert back.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
    header, *rows = csv.reader(io.StringIO(back.decode(encoding), newline=""), delimiter=delimiter)
    assert header == ["备注", "经度", "纬度", *ADDED]
    assert rows == [[*row, *more] for row, more in zip(given, texts(expected_rows(lons, lats)), strict=True)]
    assert done.tally.points == 40
    assert back.count(b"\r\n") == 41


def test_many_blocks_come_in_order(tmp_path, out, monkeypatch):
    """2,000 lines in blocks of 4 kB, three workers; a header that repeats in no block."""
    monkeypatch.setattr("gis_service.bulk.csv_points._BLOCK", 4096)
    lons, lats = random_points(2000)
    lines = "\n".join(f"{n},{lon},{lat}" for n, (lon, lat) in enumerate(zip(lons, lats, strict=True)))
    (tmp_path / "in.csv").write_text(f"id,x,Y\n{lines}\n", encoding="utf-8")
    run(tmp_path / "in.csv", out, workers=3)
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert [row["id"] for row in rows] == [str(n) for n in range(2000)]
    assert [[row[name] for name in ADDED] for row in rows] == texts(expected_rows(lons, lats))


def test_bad_rows_are_kept_and_told(tmp_path, out):
    """Empty, text, out of range, swapped; a value with spaces is fine."""
    lon, lat = at(0.5, 2.5)
    lines = [f" {lon} ,{lat}", ",", "east,1", f"999,{lat}", f"{lat},{lon}"]
    (tmp_path / "in.csv").write_text("\n".join(["lng,lat", *lines]), encoding="utf-8")
    done = run(tmp_path / "in.csv", out)
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert [row["grid_code"] for row in rows] == ["B1", "", "", "", ""]
    assert [row["locate_error"] for row in rows] == ["", *REASONS[:4]]
    assert (done.tally.owned, done.tally.outside, done.tally.bad) == (1, 0, 4)
    assert [(row.row, row.reason) for row in done.tally.first_bad] == list(enumerate(REASONS[:4], start=2))


def test_strict_writes_nothing(tmp_path, out):
    (tmp_path / "in.csv").write_text("lon,lat\n102.7,25\n,\n", encoding="utf-8")
    with pytest.raises(BadRowsError, match="row 2: no coordinates"):
        run(tmp_path / "in.csv", out, strict=True)
    assert [file.name for file in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("content", "asked", "said"),
    [
        (b"", {}, "is empty"),
        (b"\n\n", {}, "is empty"),
        (b"name,lon\na,1\n", {}, "no columns of coordinates .* name, lon"),
        (b"lon,LON,lat\n1,2,3\n", {}, r"has more than one column lon \(lon, LON\); rename all but one"),
        (b"lon,lon,lat\n1,2,3\n", {"lon": "lon", "lat": "lat"}, "more than one column lon; rename all but one"),
        (b"a,b\n1,2\n", {"lon": "a"}, "Name both"),
        (b"a,b\n1,2\n", {"lon": "a", "lat": "c"}, "has no column c"),
        (b"a,a,b\n1,2,3\n", {"lon": "a", "lat": "b"}, "more than one column a"),
        (b"lon,lat\n1,2,3\n", {}, "Expected 2 columns, got 3"),
        (b"lon,lat\n\xff\xff,2\n", {}, "neither UTF-8 nor GB 18030"),
        (b"lon,lat,Grid_Code,edition\n1,2,3,4\n", {}, "has the columns Grid_Code, edition already"),
        (b"lon,lat\n1,2\n", {"layer": "a"}, "has no layers"),
    ],
)
def test_what_is_wrong_with_a_csv_is_said(tmp_path, out, content, asked, said):
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(RuleBrokenError, match=said):
        run(tmp_path / "in.csv", out, **asked)
    assert not out.exists()


def test_a_header_alone_gives_a_header(tmp_path, out):
    (tmp_path / "in.csv").write_text("lon,lat\n", encoding="utf-8")
    assert run(tmp_path / "in.csv", out).tally.points == 0
    assert out.read_text(encoding="utf-8") == ",".join(["lon", "lat", *ADDED]) + "\n"


def test_columns_of_the_same_name_are_replaced_when_asked(tmp_path, out):
    (tmp_path / "in.csv").write_text("GRID_CODE,lon,lat\nold,102.7,25\n", encoding="utf-8")
    run(tmp_path / "in.csv", out, overwrite_columns=True)
    assert out.read_text(encoding="utf-8").splitlines()[0] == ",".join(["lon", "lat", *ADDED])


def test_what_is_there_is_replaced_only_by_force(tmp_path, out):
    (tmp_path / "in.csv").write_text("lon,lat\n102.7,25\n", encoding="utf-8")
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(ClashError, match="--force"):
        run(tmp_path / "in.csv", out)
    assert out.read_text(encoding="utf-8") == "mine"
    run(tmp_path / "in.csv", out, force=True)
    assert out.read_text(encoding="utf-8").startswith("lon,lat,grid_code")
    with pytest.raises(RuleBrokenError, match="input itself"):
        run(out, out, force=True, overwrite_columns=True)


def test_parquet_keeps_types_and_order(tmp_path):
    """Numbers as text in one column, a list column, nulls, two workers."""
    lons, lats = random_points(300)
    table = pa.table(
        {
            "tags": [[n] for n in range(300)],
            "lat": [str(lat) for lat in lats],
            "lon": pa.array([*lons[:-1], None]),
            "号": pa.array(["甲", None, "乙"] * 100).dictionary_encode(),
        }
    )
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=90)
    done = run(tmp_path / "in.parquet", tmp_path / "out.parquet", workers=2)
    back = parquet.read_table(tmp_path / "out.parquet")
    assert back.select(table.column_names).equals(table)
    assert back.select(ADDED).slice(0, 299).to_pylist() == expected_rows(lons, lats)[:-1]
    assert back.column("locate_error").to_pylist()[-1] == REASONS[0]
    assert (done.tally.points, done.tally.bad) == (300, 1)


def test_geoparquet_is_read_by_its_geometry_and_its_system(tmp_path):
    """UTM 48N, which needs a transformation; one null, one line; the metadata stay."""
    lons, lats = random_points(50)
    xs, ys = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True).transform(lons + 1e-7, lats + 1e-7)
    shapes = shapely.points(xs, ys)
    shapes[3], shapes[4] = None, shapely.LineString([(0, 0), (1, 1)])
    crs = CRS("EPSG:32648").to_json_dict()
    write_geoparquet(tmp_path / "in.parquet", shapes, {"lon": np.zeros(50), "lat": np.zeros(50)}, crs=crs)
    run(tmp_path / "in.parquet", tmp_path / "out.parquet")
    back = parquet.read_table(tmp_path / "out.parquet")
    wanted = expected_rows(lons + 1e-7, lats + 1e-7)
    nobody = dict.fromkeys(ADDED) | {"edition": 7}
    wanted[3], wanted[4] = nobody | {"locate_error": REASONS[0]}, nobody | {"locate_error": REASONS[1]}
    assert back.select(ADDED).to_pylist() == wanted
    assert b"geo" in back.schema.metadata
    with pytest.raises(RuleBrokenError, match="not in EPSG:4326; leave --crs out"):
        run(tmp_path / "in.parquet", tmp_path / "other.parquet", crs="EPSG:4326")


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb"])
def test_vector_files_come_back_with_their_points(tmp_path, suffix):
    """Points of a layer with text and numbers; GeoPackage in CGCS2000 zone coordinates."""
    lons, lats = random_points(60)
    lons, lats = lons + 1e-7, lats + 1e-7
    crs = "EPSG:4543" if suffix == ".gpkg" else "EPSG:4326"
    xs, ys = Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(lons, lats)
    fields = [np.array(["好"] * 60, dtype=object), np.arange(60)]
    given, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    options = {"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}  # which would sort the points
    pyogrio.raw.write(
        given, shapely.to_wkb(shapely.points(xs, ys)), fields, ["名", "n"], geometry_type="Point", crs=crs, **options
    )
    done = run(given, out)
    meta, _, geometries, columns = pyogrio.raw.read(out)
    rows = {name: column.tolist() for name, column in zip(meta["fields"], columns, strict=True)}
    order = np.argsort(rows["n"])  # a FlatGeobuf is sorted when it is written
    assert list(rows) == ["名", "n", *ADDED]
    assert [rows["grid_code"][n] for n in order] == [row["grid_code"] for row in expected_rows(lons, lats)]
    assert [rows["grid_street"][n] for n in order] == [row["grid_street"] for row in expected_rows(lons, lats)]
    assert shapely.get_x(shapely.from_wkb(geometries))[order] == pytest.approx(xs)
    assert meta["crs"] == crs
    assert done.tally.points == 60


def test_a_layer_that_is_not_there_and_other_endings_are_refused(tmp_path):
    given = tmp_path / "in.gpkg"
    pyogrio.raw.write(given, shapely.to_wkb(shapely.points([[1, 2]])), [], [], geometry_type="Point", crs="EPSG:4326")
    with pytest.raises(RuleBrokenError, match=r"has no layer nope; its layers are: in\."):
        run(given, tmp_path / "out.gpkg", layer="nope")
    with pytest.raises(RuleBrokenError, match="the format that it has"):
        run(given, tmp_path / "out.csv")


def test_a_file_that_vanishes_or_is_cut_is_told(tmp_path, monkeypatch):
    """Gone between the first look and the reading; damaged; never there."""
    lons, lats = random_points(10)
    given = tmp_path / "in.parquet"
    parquet.write_table(pa.table({"lon": lons, "lat": lats}), given)
    out = tmp_path / "out.parquet"
    monkeypatch.setattr("gis_service.use_cases.locate_file.sweep", lambda _: given.unlink())
    with pytest.raises(RuleBrokenError, match=r"There is no file .*in\.parquet"):
        run(given, out)
    monkeypatch.undo()
    given.write_bytes(b"PAR1 no")
    with pytest.raises(RuleBrokenError, match=r"in\.parquet is not readable"):
        run(given, out)
    with pytest.raises(RuleBrokenError, match="There is no file"):
        run(tmp_path / "never.csv", tmp_path / "out.csv")
    assert not out.exists()


def test_a_full_disk_is_told_in_one_sentence(tmp_path, monkeypatch):
    """/dev/full takes nothing."""
    (tmp_path / "in.csv").write_text("lon,lat\n102.7,25\n", encoding="utf-8")
    opened = type(tmp_path).open

    def full(self, mode="r", **more):
        return open("/dev/full", "wb") if "w" in mode else opened(self, mode, **more)  # noqa: PTH123

    monkeypatch.setattr(type(tmp_path), "open", full)
    with pytest.raises(RuleBrokenError, match=r"out\.csv cannot be written: No space left on device\."):
        run(tmp_path / "in.csv", tmp_path / "out.csv")
    monkeypatch.undo()
    assert [file.name for file in tmp_path.iterdir()] == ["in.csv"]
