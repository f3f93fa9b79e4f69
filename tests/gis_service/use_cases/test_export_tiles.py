from __future__ import annotations

import gzip
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid
from sqlalchemy import text

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC
from gis_service.errors import ClashError, NotFoundError, RuleBrokenError, ServiceError
from gis_service.files.tile_stage import TileStage
from gis_service.use_cases import export_tiles as module
from gis_service.use_cases.describe_tiles import read_tile_edition
from gis_service.use_cases.export_tiles import Exported, Wanted, export_tiles
from gis_service.use_cases.render_tile import permission_class, render_tile
from tests.support.tile_ground import BOUNDS, features, store_building, store_ground, store_incident
from tests.support.tile_things import store_things
from tiles.address import TileAddress
from tiles.etag import TileKey
from tiles.filters import TileFilters

ALL = ("grids", "grid_labels", "buildings", "incidents")
U1 = ["D", "S1", "C1", "U1"]


@pytest.fixture
def ground(work: UnitOfWork) -> UnitOfWork:
    store_ground(work)
    store_building(work, "B1", 102.7099, 25.0101, "U1")
    store_building(work, "B2", 102.7710, 25.0201, "K")
    for number in range(4):
        store_incident(work, number, U1, lon=102.7099, lat=25.0101)
    return work


def export(out: Path, work: UnitOfWork, **wanted: object) -> Exported:
    return export_tiles(out, Wanted(edition=1, **wanted), work, attribution="© 高德", on_tiles=lambda *_: None)


def tiles_in(out: Path) -> dict[TileAddress, bytes]:
    """Return the tiles of an archive, unpacked, as the reader of PMTiles finds them."""
    return {TileAddress(*zxy): gzip.decompress(body) for zxy, body in all_tiles(MemorySource(out.read_bytes()))}


def served(work: UnitOfWork, address: TileAddress, layers: tuple[str, ...]) -> bytes:
    """Return a tile as the public is served it."""
    key = TileKey(1, layers, address, (), permission_class(PUBLIC), TileFilters())
    return render_tile(key, read_tile_edition(1, work), PUBLIC, work)


def test_every_tile_is_the_one_that_is_served(ground, tmp_path):
    """All tiles of zooms 6 to 13 that meet the bounds, of all layers: equal, and absent where there is nothing."""
    out = tmp_path / "all.pmtiles"
    done = export(out, ground, layers=",".join(ALL), min_zoom=6, max_zoom=13)
    archived = tiles_in(out)
    for z in range(6, 14):
        corners = [int((lon + 180) / 360 * 2**z) for lon in (BOUNDS[0], BOUNDS[2])]
        rows = {address.y for address in archived if address.z == z}
        for x in range(corners[0] - 1, corners[1] + 2):
            for y in range(min(rows) - 1, max(rows) + 2):
                address = TileAddress(z, x, y)
                assert archived.pop(address, b"") == served(ground, address, ALL), address
    assert archived == {}
    assert done.written == len(tiles_in(out)) > 20


def test_an_archive_of_indicators_and_things_holds_what_is_general(ground, tmp_path):
    """One general resource and device in U1, U2 and S2; under S1 those of its ground; tracks are no layer."""
    store_things(ground)
    layers, found = "indicators,resources,devices", []
    for under in (None, "S1"):
        out = tmp_path / f"{under}.pmtiles"
        export(out, ground, layers=layers, min_zoom=12, max_zoom=12, under=under)
        tiles = tiles_in(out).values()
        found.append({one["properties"]["code"] for tile in tiles for one in features(tile, "resources")})
        assert found[-1] == {one["properties"]["code"] for tile in tiles for one in features(tile, "devices")}
        fields = {name for tile in tiles for one in features(tile, "indicators") for name in one["properties"]}
        assert "elderly_share" in fields
        assert fields.isdisjoint({"settled", "care_people"})
    assert found == [{"U1-general", "U2-general", "S2-general"}, {"U1-general", "U2-general"}]
    with pytest.raises(NotFoundError, match="no layer 'tracks'"):
        export(tmp_path / "tracks.pmtiles", ground, layers="tracks")


def test_the_archive_tells_what_it_is(ground, tmp_path):
    """Edition, checksum, bounds in 1e-7 degrees, zooms, fields and source; tiles in the order of their ids."""
    out = tmp_path / "told.pmtiles"
    export(out, ground, min_zoom=7, max_zoom=11)
    reader = Reader(MemorySource(out.read_bytes()))
    header, told = reader.header(), reader.metadata()
    assert [header[f"{side}_e7"] for side in ("min_lon", "min_lat", "max_lon", "max_lat")] == [
        1027000000, 250000000, 1027800000, 250800000,
    ]  # fmt: skip
    assert (header["min_zoom"], header["max_zoom"], header["center_zoom"]) == (7, 11, 10)
    assert header["clustered"]
    assert (told["edition"], told["checksum"], told["attribution"]) == (1, "1", "© 高德")
    assert [(one["id"], one["minzoom"], one["maxzoom"]) for one in told["vector_layers"]] == [
        ("grids", 7, 11),
        ("grid_labels", 7, 11),
    ]
    ids = [zxy_to_tileid(*zxy) for zxy, _ in all_tiles(MemorySource(out.read_bytes()))]
    assert ids == sorted(ids)


def test_equal_tiles_are_stored_once(ground, tmp_path):
    """At zoom 16 many tiles lie wholly inside a grid; the bytes are those of each body once."""
    out = tmp_path / "inside.pmtiles"
    done = export(out, ground, layers="grids", min_zoom=16, max_zoom=16)
    header = Reader(MemorySource(out.read_bytes())).header()
    bodies = {gzip.compress(body, 9, mtime=0) for body in tiles_in(out).values()}
    assert header["tile_contents_count"] == len(bodies) < done.written == header["addressed_tiles_count"]
    assert header["tile_entries_count"] < done.written
    assert header["tile_data_length"] == sum(map(len, bodies))


def test_a_subtree_has_its_own_tiles_and_grids_alone(ground, tmp_path):
    """Under S1: S1, C1, C2, U1 and U2 with B1 and their counts; nothing east of 102.74 and a buffer."""
    out = tmp_path / "S1.pmtiles"
    export(out, ground, layers=",".join(ALL), min_zoom=7, max_zoom=14, under="S1")
    found: dict[str, set[str]] = {layer: set() for layer in ALL}
    archived = tiles_in(out)
    for address, body in archived.items():
        for layer, key in zip(ALL, ("code", "code", "code", "grid"), strict=True):
            found[layer] |= {one["properties"][key] for one in features(body, layer)}
        assert address.bounds[0] < 102.74 + 360 / 2**address.z / 16
    assert found["grids"] == found["grid_labels"] == {"S1", "C1", "C2", "U1", "U2"}
    assert found["buildings"] == {"B1"}
    assert found["incidents"] == {"S1", "C1", "C2", "U1", "U2"}
    assert min(address.z for address in archived) == 10
    whole = tmp_path / "whole.pmtiles"
    export(whole, ground, layers="grids", min_zoom=14, max_zoom=14)
    for address, body in tiles_in(whole).items():
        kept = [one for one in features(body, "grids") if one["properties"]["code"] in found["grids"]]
        assert features(archived.get(address, b""), "grids") == kept


def test_an_incident_is_never_alone(ground, tmp_path):
    """Only the counts of the public, whatever the database holds: no field but these four."""
    out = tmp_path / "incidents.pmtiles"
    export(out, ground, layers="incidents", max_zoom=14)
    fields = {
        name for body in tiles_in(out).values() for one in features(body, "incidents") for name in one["properties"]
    }
    assert fields == {"grid", "level", "count"}


def test_the_same_tiles_are_in_mbtiles(ground, tmp_path):
    """Rows from the south, gzip, bounds and layers as text; the same bytes twice."""
    paths = [tmp_path / name for name in ("a.pmtiles", "b.mbtiles", "c.mbtiles")]
    for path in paths:
        export(path, ground, max_zoom=12)
    file = sqlite3.connect(paths[1])
    rows = file.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles").fetchall()
    metadata = dict(file.execute("SELECT name, value FROM metadata").fetchall())
    file.close()
    assert {TileAddress(z, x, 2**z - 1 - y): gzip.decompress(body) for z, x, y, body in rows} == tiles_in(paths[0])
    assert metadata["bounds"] == "102.7,25.0,102.78,25.08"
    assert (metadata["format"], metadata["minzoom"], metadata["maxzoom"]) == ("pbf", "0", "12")
    assert '"grid_labels"' in metadata["json"]
    assert (metadata["edition"], metadata["checksum"]) == ("1", "1")
    assert paths[1].read_bytes() == paths[2].read_bytes()


KILLED = """
import os, signal, sys
from pathlib import Path
from gis_service.cli.connect import open_work
from gis_service.settings import Settings
from gis_service.use_cases import export_tiles as module

def killed(done, total):
    if done >= 30:
        os.kill(os.getpid(), signal.SIGKILL)

module.AT_ONCE = 10
wanted = module.Wanted(edition=1, max_zoom=14)
module.export_tiles(Path(sys.argv[1]), wanted, open_work(Settings()), attribution="© 高德", on_tiles=killed)
"""


def test_what_was_killed_goes_on_and_makes_the_same_bytes(own_database, tmp_path):
    """A process is killed after 30 tiles; the next run keeps these, and its file is that of a run in one go."""
    engine = make_engine(own_database, pool_size=1, statement_timeout_ms=60_000)
    work = UnitOfWork(make_session_factory(engine))
    store_ground(work)
    out, whole = tmp_path / "killed.pmtiles", tmp_path / "whole.pmtiles"
    environment = {**os.environ, "GIS_DATABASE_URL": own_database, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", KILLED, str(out)], env=environment, check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    assert not out.exists()
    done = export(out, work, max_zoom=14)
    assert export(whole, work, max_zoom=14).kept == 0
    engine.dispose()
    assert done.kept == 30 < done.tiles
    assert out.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["killed.pmtiles", "whole.pmtiles"]


def test_a_stage_of_other_tiles_is_thrown_away(ground, tmp_path, monkeypatch):
    """What is asked for with another last zoom begins anew; so it does on a file that is no stage at all."""
    out = tmp_path / "a.pmtiles"
    monkeypatch.setattr(module, "write_whole", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(out, ground, max_zoom=10)
    monkeypatch.undo()
    assert export(out, ground, max_zoom=9).kept == 0
    (tmp_path / "a.pmtiles.part").write_bytes(b"no database " * 100)
    assert export(out, ground, max_zoom=10).kept == 0
    assert max(address.z for address in tiles_in(out)) == 10


def test_two_exports_do_not_write_one_file(ground, tmp_path):
    """The second is refused at once; the first goes on."""
    with TileStage(tmp_path / "a.pmtiles.part", "first") as stage:
        stage.add([(1, b"body")])
        with pytest.raises(ClashError, match=r"Another export is writing .*a\.pmtiles\.part; wait for it\."):
            export(tmp_path / "a.pmtiles", ground, max_zoom=8)
        assert stage.done() == (1, 1)


@pytest.mark.parametrize(
    ("name", "wanted", "error", "sentence"),
    [
        ("a.zip", {}, RuleBrokenError, r"write one of \.pmtiles, \.mbtiles"),
        ("nowhere/a.pmtiles", {}, RuleBrokenError, "There is no directory"),
        ("a.pmtiles", {"layers": "grids,secrets"}, NotFoundError, "There is no layer 'secrets'"),
        ("a.pmtiles", {"layers": "grids,grids"}, RuleBrokenError, "A layer is named twice"),
        ("a.pmtiles", {"under": "X"}, NotFoundError, "no grid has the code 'X' in edition 1"),
        ("a.pmtiles", {"min_zoom": 9, "max_zoom": 8}, RuleBrokenError, "the first not after the last"),
        ("a.pmtiles", {"max_zoom": 23}, RuleBrokenError, "whole numbers from 0 to 22"),
        ("a.pmtiles", {"layers": "buildings", "max_zoom": 12}, RuleBrokenError, "No tile of these layers and zooms"),
    ],
)
def test_what_cannot_be_written_is_refused(ground, tmp_path, name, wanted, error: type[ServiceError], sentence):
    """With what to do; nothing is left behind."""
    with pytest.raises(error, match=sentence):
        export(tmp_path / name, ground, **wanted)
    assert list(tmp_path.iterdir()) == []


def test_an_edition_without_its_shapes_is_refused(ground, tmp_path):
    """Its tiles below zoom 14 will have other bytes; those from 14 on will not."""
    with ground:
        ground._session.execute(text("DELETE FROM generalised_band"))
        ground.commit()
    with pytest.raises(ClashError, match="run gis-service migrate, then export again"):
        export(tmp_path / "a.pmtiles", ground, min_zoom=13, max_zoom=14)
    assert export(tmp_path / "a.pmtiles", ground, min_zoom=14, max_zoom=14).written > 0
