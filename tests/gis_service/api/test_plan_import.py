"""Files sent to a plan: whatever they are, an answer that says what to do."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import gis_service.files
from gis_service.api import plan_import, plans
from gis_service.api.access import TokenCache
from gis_service.api.middleware import BodyLimit
from gis_service.api.problems import install_problems
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import TooLargeError
from gis_service.files.upload_refusals import SENTENCES
from gis_service.files.uploads import LEAST_BYTES
from gis_service.use_cases.create_token import create_token
from tests.support.grid_files import write_geojson, write_parquet, write_with_gdal, zip_shapefile
from tests.support.ground import FIRST_DAY, add_levels, publish_tree, tiny_tree

GEOJSON, GPKG = "application/geo+json", "application/geopackage+sqlite3"
ZIP, PARQUET = "application/zip", "application/vnd.apache.parquet"
LIMIT = 4 * 1024 * 1024

# GDAL warns of what is odd in a file; the answer counts.
quietly = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def client(open_session) -> Iterator[TestClient]:
    """The routes of plans, with the database of the test; what is not foreseen is a 500."""

    @asynccontextmanager
    async def lifespan(_):
        yield {"open_work": lambda: UnitOfWork(open_session), "token_cache": TokenCache(60)}

    app = FastAPI(lifespan=lifespan)
    app.include_router(plans.router)
    app.include_router(plan_import.router)
    install_problems(app)
    app.add_middleware(BodyLimit, limit_bytes=LIMIT)
    with TestClient(app, raise_server_exceptions=False) as started:
        yield started


@pytest.fixture
def planner(work) -> dict[str, str]:
    secret, _ = create_token(role="planner", scope=None, label="x", lifetime=timedelta(hours=1), work=work)
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def send(client, planner):
    """Send a file to a new plan."""
    plan = client.post("/v1/plans", json={"title": "导入"}, headers=planner).headers["location"]

    def act(body: bytes | Path, kind: str, headers=None, **query):
        content = body if isinstance(body, bytes) else body.read_bytes()
        told = {"Content-Type": kind, **planner, **(headers or {})}
        return client.post(f"{plan}/import", content=content, params=query, headers=told)

    return act


def files(folder: Path) -> dict[str, Path]:
    """The tiny tree by media type."""
    shp = write_with_gdal(folder / "tree.shp", tiny_tree(), epsg=4543, encoding="GBK")
    return {
        GEOJSON: write_geojson(folder / "tree.geojson", tiny_tree()),
        GPKG: write_with_gdal(folder / "tree.gpkg", tiny_tree(), epsg=4522),
        ZIP: zip_shapefile(shp, folder / "tree.zip"),
        PARQUET: write_parquet(folder / "tree.parquet", tiny_tree()),
    }


@pytest.mark.parametrize("kind", [GEOJSON, GPKG, ZIP, PARQUET])
def test_a_file_of_each_format_makes_a_valid_first_tree(send, tmp_path, kind):
    """Degrees, both kinds of Gauss-Krueger, GBK in a .zip; a database without levels gets the standard ones."""
    response = send(files(tmp_path)[kind], kind)

    assert response.status_code == 201, response.text
    body = response.json()
    assert body["report"]["valid"], body["report"]["findings"]
    assert body["report"]["certificate"]["grids"] == 7
    assert body["change"]["op"] == "replace"
    assert body["fields"]["level"] == "层级"
    assert body["plan"]["state"] == "checked"
    assert response.headers["etag"] == f'"plan-{body["plan"]["id"]}-{body["plan"]["version"]}"'
    names = {one["properties"]["name"] for one in body["grids"]["features"]}
    assert names == {grid.name for grid in tiny_tree()}


def test_fields_can_be_named(send, tmp_path):
    """Another field for the codes makes other codes; one that is not there is refused with those that are."""
    path = write_geojson(tmp_path / "x.geojson", tiny_tree()[:1])

    refused = send(path, GEOJSON, code_field="编号")
    taken = send(path, GEOJSON, code_field="户数", level="街道", households_field="")

    assert refused.status_code == 422
    assert refused.json()["code"] == "no-such-field"
    assert refused.json()["detail"].startswith("the file has no field 编号; its fields are: 网格编码, ")
    grid = taken.json()["grids"]["features"][0]["properties"]
    assert (grid["code"], grid["level"], grid["households"]) == ("1600", "street", None)


def test_what_a_parameter_mends_names_it(send, tmp_path):
    """A field of codes that no list of usual names has: the fault is the missing parameter's."""
    path = tmp_path / "x.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"x": 1}}]}')

    told = send(path, GEOJSON).json()

    assert told["code"] == "no-code-field"
    assert told["errors"] == [{"parameter": "code_field", "detail": told["detail"]}]
    assert told["message_zh"] == "文件中找不到编码字段；请用参数 code_field 指明。"


def test_every_refusal_of_a_file_has_a_chinese_sentence():
    """Each code that the readers of such files give, but for unusable rows, whose sentence counts them."""
    folder = Path(gis_service.files.__file__).parent
    of_others = {"building_files.py", "building_tables.py", "photo_image.py", "photo_store.py", "row_files.py"}
    readers = [file for file in folder.glob("*.py") if file.name not in of_others]
    codes = {code for file in readers for code in re.findall(r'code="([a-z-]+)"', file.read_text("utf-8"))}

    assert codes | {TooLargeError.code} == SENTENCES.keys()


@pytest.fixture
def published(work, open_session):
    """The tiny tree as edition 1."""
    add_levels(open_session)
    return publish_tree(work, tiny_tree(), FIRST_DAY)


def test_a_parent_that_is_not_there_is_told_to_a_planner_with_a_scope(published, send, work, tmp_path):
    """No grid zz is: not a matter of rights.  Who has no scope may draw under it, and the check tells."""
    secret, _ = create_token(role="planner", scope="530103", label="x", lifetime=timedelta(hours=1), work=work)
    path = write_geojson(tmp_path / "x.geojson", tiny_tree()[-1:])

    refused = send(path, GEOJSON, headers={"Authorization": f"Bearer {secret}"}, parent="zz")
    drawn = send(path, GEOJSON, parent="zz")

    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-code")
    assert refused.json()["grids"] == ["zz"]
    assert refused.json()["errors"][0]["pointer"] == "/features/0"
    assert refused.json()["message_zh"].startswith("没有编码为 zz 的网格")
    assert "unknown-parent" in drawn.json()["report"]["summary"]


def test_rows_that_cannot_be_grids_are_pointed_at(send, tmp_path):
    """The second row has the code of the first."""
    tree = tiny_tree()

    response = send(write_geojson(tmp_path / "x.geojson", [tree[4], tree[4]]), GEOJSON)

    assert response.status_code == 422
    assert response.json()["code"] == "unusable-rows"
    assert response.json()["errors"] == [
        {"pointer": "/features/1", "detail": f"row 2: the code {tree[4].code} comes twice, first in row 1"}
    ]


def test_a_plan_that_has_changed_is_not_written_to(send, tmp_path):
    """If-Match as for every change."""
    response = send(files(tmp_path)[GEOJSON], GEOJSON, headers={"If-Match": '"plan-1-99"'})

    assert response.status_code == 412


def test_an_unknown_media_type_is_a_415(send):
    response = send(b"code,name", "text/csv")

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported-media-type"


def test_a_body_over_the_limit_is_a_413(send):
    assert send(b" " * (LIMIT + 1), GEOJSON).status_code == 413


def test_who_is_no_planner_sends_nothing(client):
    response = client.post("/v1/plans/1/import", content=b"{}", headers={"Content-Type": GEOJSON})

    assert response.status_code == 401


def archive(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return sink.getvalue()


VRT = (
    b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    b"</OGRVRTDataSource>"
)


@quietly
@pytest.mark.parametrize("kind", [GEOJSON, GPKG, ZIP, PARQUET])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 1000,
        b"PK\x03\x04",
        b"PAR1PAR1",
        b"SQLite format 3\x00" + b"\xff" * 500,
        VRT,
        b"[" * 100_000,
        b'{"type": "FeatureCollection", "features": [1, null, "x"]}',
        archive({"readme.txt": b"x"}),
        archive({"a.shp": VRT, "a.dbf": b"", "a.shx": b""}),
        archive({"a.shp": b"\x00\x00\x27\x0a" + b"\x00" * 200, "a.dbf": b"\x03", "a.shx": b"\x00\x00\x27\x0a"}),
    ],
)
def test_what_is_no_such_file_is_a_422(send, kind, body):
    """Nothing, noise, the beginnings of others, a virtual dataset that would read the server's own files."""
    response = send(body, kind)

    assert response.status_code == 422, response.text
    told = response.json()
    assert told["errors"][0].keys() & {"pointer", "parameter"}
    assert told["message_zh"]
    assert tempfile.gettempdir() not in response.text
    assert "root:" not in response.text


@quietly
@pytest.mark.parametrize("kind", [GEOJSON, GPKG, ZIP, PARQUET])
def test_a_file_cut_off_anywhere_is_a_422(send, tmp_path, kind):
    """Twenty lengths from nothing to all but a few bytes."""
    whole = files(tmp_path)[kind].read_bytes()

    for part in range(20):
        response = send(whole[: len(whole) * part // 20], kind)
        assert response.status_code in {201, 422}, (part, response.text)
        assert part > 10 or response.status_code == 422


def test_a_zip_bomb_is_refused_before_it_is_unpacked(send):
    """A .shp of blanks, 1:1000 packed: over the limit, whatever the directory says of its size."""
    bomb = archive({"a.shp": b"\x00" * (LEAST_BYTES + 1), "a.dbf": b"", "a.shx": b""})

    response = send(bomb, ZIP)

    assert len(bomb) < 200_000
    assert response.status_code == 413
    assert response.json()["code"] == "too-large"


def test_names_in_a_zip_are_no_paths(send, tmp_path):
    """A Shapefile that calls itself ../../evil is read, and nothing is written beside the temporary folder."""
    files(tmp_path)
    members = {
        f"../../evil{part.suffix}": part.read_bytes()
        for part in tmp_path.glob("tree.*")
        if part.suffix in {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    }

    response = send(archive(members), ZIP)

    assert response.status_code == 201, response.text
    assert not list(Path(tempfile.gettempdir()).glob("evil*"))
    assert not list(Path(tempfile.gettempdir()).parent.glob("evil*"))


@quietly
def test_nothing_stays_of_a_file_that_was_sent(send, tmp_path, monkeypatch):
    """Neither of one that was taken nor of one that was refused."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))

    for kind, path in files(tmp_path).items():
        send(path, kind)
        send(path.read_bytes()[:700], kind)

    assert list(place.iterdir()) == []
