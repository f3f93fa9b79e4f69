from __future__ import annotations

import io
from urllib.parse import unquote

import pytest
from PIL import Image
from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.settings import Settings
from tests.support.pdf import fonts, texts

STREET = "530103006"


@pytest.fixture(scope="module")
def street(demo_client):
    """The sheet of a street of nine communities, of edition 1 by its number."""
    return demo_client.get(f"/v1/grids/{STREET}/sheet.pdf?edition=1")


def test_a_street_shows_its_communities(demo_client, street):
    """Every community below it, with code and name; fonts embedded; no token needed."""
    children = demo_client.get(f"/v1/grids/{STREET}/children").json()["features"]
    [page] = texts(street.content)

    assert street.status_code == 200
    assert street.headers["content-type"] == "application/pdf"
    assert "拓东街道网格划分区域图" in page
    assert "第 1 版" in page
    assert len(children) == 9
    for child in children:
        assert child["properties"]["code"] in page
        assert child["properties"]["name"] in page
    assert all(fonts(street.content).values())


def test_its_headers_tell_edition_lifetime_and_name(street):
    """A numbered edition never changes; the file is called by its Chinese title where the client can."""
    assert street.headers["x-edition"] == "1"
    assert street.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert street.headers["etag"].startswith('W/"')
    disposition = street.headers["content-disposition"]
    assert 'filename="sheet-530103006-1.pdf"' in disposition
    assert unquote(disposition.split("UTF-8''")[1]) == "530103006_拓东街道网格划分区域图_1.pdf"


def test_who_has_the_sheet_is_told_so(demo_client, street):
    """304 without a body for its tag; the edition in force has the same tag and lives shortly."""
    tag = {"If-None-Match": street.headers["etag"]}

    again = demo_client.get(f"/v1/grids/{STREET}/sheet.pdf?edition=1", headers=tag)
    current = demo_client.get(f"/v1/grids/{STREET}/sheet.pdf", headers=tag)

    assert (again.status_code, again.content) == (304, b"")
    assert current.status_code == 304
    assert current.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=30"


def test_every_form_has_its_own_tag(demo_client, street):
    """Language, paper, orientation and format are asked for by the same tag, and none is answered 304."""
    tags = {street.headers["etag"]}
    for query in ("sheet.pdf?lang=en", "sheet.pdf?paper=A3", "sheet.pdf?orientation=landscape", "sheet.png?lang=zh"):
        answer = demo_client.head(f"/v1/grids/{STREET}/{query}", headers={"If-None-Match": street.headers["etag"]})
        assert answer.status_code == 200
        tags.add(answer.headers["etag"])

    assert len(tags) == 5


def test_a_sheet_is_drawn_once(demo_client, street):
    """The second answer is the first one byte for byte, its time of making included."""
    assert demo_client.get(f"/v1/grids/{STREET}/sheet.pdf").content == street.content


def test_the_picture_is_not_blank(demo_client):
    """PNG, A4 lying at 150 dots an inch, in more than twenty colours."""
    answer = demo_client.get(f"/v1/grids/{STREET}/sheet.png?orientation=landscape")

    assert answer.headers["content-type"] == "image/png"
    picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert (picture.width, picture.height) == (pytest.approx(1754, abs=1), pytest.approx(1240, abs=1))
    assert len(picture.getcolors(1 << 24)) > 20


def test_a_unit_grid_shows_its_buildings_and_is_not_kept_for_long(demo_client):
    """Buildings move between editions, so even a numbered one is not immutable."""
    answer = demo_client.get("/v1/grids/530103006001001/sheet.pdf?edition=1")
    [page] = texts(answer.content)

    assert "楼栋 39 栋" in page
    assert answer.headers["cache-control"] == "public, max-age=5, stale-while-revalidate=10"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("999999/sheet.pdf", 404, "not-found"),
        ("530103/sheet.pdf?edition=99", 404, "no-edition"),
        ("530103/sheet.pdf?at=1999-01-01T00:00:00Z", 404, "no-edition"),
        ("530103/sheet.pdf?edition=1&at=2026-11-01T00:00:00Z", 422, "edition-and-at"),
        ("530103/sheet.pdf?paper=A9", 422, "invalid-input"),
        ("530103/sheet.png?lang=fr", 422, "invalid-input"),
        ("530103/sheet.gif", 404, "not-found"),
    ],
)
def test_what_is_not_there_is_refused(demo_client, path, status, code):
    """Unknown grids and editions, and what no sheet can be."""
    answer = demo_client.get(f"/v1/grids/{path}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["cache-control"] == "no-store"


def test_without_the_font_the_answer_says_what_to_install(demo_copy):
    """503 with a sentence; the other routes go on."""
    with TestClient(create_app(Settings(database_url=demo_copy, sheet_font="/nowhere/font.ttc"))) as client:
        answer = client.get("/v1/grids/530103/sheet.pdf")

        assert (answer.status_code, answer.json()["code"]) == (503, "font-missing")
        assert "GIS_SHEET_FONT" in answer.json()["detail"]
        assert client.get("/v1/grids/530103").is_success
