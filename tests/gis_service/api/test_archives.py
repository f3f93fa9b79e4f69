from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from gis_service.api.archives import archive_routes
from gis_service.api.problems import install_problems
from gis_service.app import create_app
from gis_service.settings import Settings

BODY = bytes(range(256)) * 4
URL = "/tiles/archives/panlong.pmtiles"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archives"
    made.mkdir()
    (made / "panlong.pmtiles").write_bytes(BODY)
    (made / "panlong.pmtiles.part").write_bytes(b"unfinished")
    (made / ".hidden.pmtiles").write_bytes(b"hidden")
    (made / "folder.pmtiles").mkdir()
    (tmp_path / "outside.pmtiles").write_bytes(b"outside")
    return made


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
        yield {"archives": folder}

    app = FastAPI(lifespan=lifespan, routes=archive_routes)
    install_problems(app)
    with TestClient(app) as made:
        yield made


def test_an_archive_is_answered_whole(client):
    """With its type, its length and a tag, for pages of any origin."""
    answer = client.get(URL)
    assert (answer.status_code, answer.content) == (200, BODY)
    assert answer.headers["content-type"] == "application/vnd.pmtiles"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["access-control-allow-origin"] == "*"
    head = client.head(URL)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "1024")


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-126", 0, 126),
        ("bytes=1000-", 1000, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=1020-9999", 1020, 1023),
    ],
)
def test_a_range_is_answered(client, asked, first, last):
    """206 with these bytes alone, the tag being that of the whole."""
    answer = client.get(URL, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, BODY[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/1024"
    assert answer.headers["etag"] == client.get(URL).headers["etag"]


@pytest.mark.parametrize(
    "asked",
    ["bytes=1024-", "bytes=5000-6000", "bytes=20-10", "bytes=-0", "bytes=-", "bytes=5000-6000, 7000-", "bytes=-0,-,"],
)
def test_a_range_without_a_byte_is_refused(client, asked):
    """416, with the length of the file."""
    answer = client.get(URL, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */1024"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "range-not-satisfiable"


def test_of_several_ranges_those_with_bytes_are_answered(client):
    """One of two is left: 206 with it alone; of three two are left: both, in parts."""
    one = client.get(URL, headers={"Range": "bytes=5000-, 3-4"})
    assert (one.status_code, one.headers["content-range"], one.content) == (206, "bytes 3-4/1024", BODY[3:5])
    two = client.get(URL, headers={"Range": "bytes=0-1,9999-,-2"})
    assert (two.status_code, two.content.count(b"Content-Range: bytes ")) == (206, 2)
    assert two.headers["content-type"].startswith("multipart/byteranges")


@pytest.mark.parametrize(
    "asked", ["bytes", "bytes=", "bytes=a-b", "bytes=1", "bytes=1-2-3", "lines=0-9", "bytes=0-9,x", "bytes=٣-٤", "="]
)
def test_what_is_no_list_of_ranges_is_passed_over(client, asked):
    """The whole file, as if nothing had been asked."""
    answer = client.get(URL, headers={"Range": asked.encode()})
    assert (answer.status_code, answer.content) == (200, BODY)


def test_a_range_of_another_file_is_answered_whole(client, folder):
    """If-Range with the tag of before: the reader learns by the new tag that its directories are of the old file."""
    before = client.get(URL).headers["etag"]
    assert client.get(URL, headers={"Range": "bytes=0-9", "If-Range": before}).status_code == 206
    (folder / "new").write_bytes(BODY[::-1])
    os.utime(folder / "new", ns=(0, 0))
    (folder / "new").replace(folder / "panlong.pmtiles")
    answer = client.get(URL, headers={"Range": "bytes=0-9", "If-Range": before})
    assert (answer.status_code, answer.content) == (200, BODY[::-1])
    assert answer.headers["etag"] != before
    assert client.get(URL, headers={"Range": "bytes=9999-", "If-Range": before}).status_code == 200


def test_who_has_the_file_gets_304(client):
    """Without a body, with the tag."""
    tag = client.get(URL).headers["etag"]
    answer = client.get(URL, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize(
    "name",
    [
        "none.pmtiles",
        "panlong.pmtiles.part",
        ".hidden.pmtiles",
        "folder.pmtiles",
        "..%2Foutside.pmtiles",
        "../outside.pmtiles",
        "%2Fetc%2Fpasswd",
        "a%00.pmtiles",
        "a" * 5000 + ".pmtiles",
    ],
)
def test_nothing_else_is_served(client, name):
    """404 as a problem: no unfinished or hidden file, no folder, nothing outside the folder."""
    answer = client.get(f"/tiles/archives/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_service_has_the_route():
    """At the address that its description names."""
    app = create_app(Settings(database_url="postgresql+psycopg2://nowhere"))
    assert "/tiles/archives/{name}" in {getattr(route, "path", None) for route in app.router.routes}
    assert "/tiles/archives/{name}" in app.openapi()["paths"]
