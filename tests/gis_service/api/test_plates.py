from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from gis_service.cli import plates as command
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.errors import NotFoundError
from gis_service.use_cases import draw_plates
from gis_service.use_cases.create_token import create_token
from tests.support.doors import CODE, NORTH_WEST, SOUTH_WEST, door_client, settle
from tests.support.ground import FIRST_DAY, add_levels, publish_tree, tiny_tree
from tests.support.pdf import texts
from tests.support.qr import modules_in, read_qr


@pytest.fixture
def town(work, open_session) -> UnitOfWork:
    """The tiny district with the tower, which has two doors."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    settle(work)
    return work


@pytest.fixture
def client(town, open_session, tmp_path):
    with door_client(lambda: UnitOfWork(open_session), tmp_path) as made:
        yield made


def as_planner(work, scope):
    secret, _ = create_token(role="planner", scope=scope, label="t", lifetime=timedelta(hours=1), work=work)
    return {"Authorization": f"Bearer {secret}"}


def test_the_code_on_a_plate_leads_to_the_page_of_the_door(client):
    """The address in the picture is that of the setting; its path is answered with the door's page."""
    answer = client.get(f"/v1/buildings/{CODE}/plate.png", params={"entrance": "东门"})

    assert answer.headers["content-type"] == "image/png"
    with Image.open(BytesIO(answer.content)) as picture:
        address = read_qr(modules_in(picture, tuple(side * 300 / 25.4 for side in (4, 18, 47, 61.5))))
    assert address == f"https://grid.example.cn/b/{CODE}-%E4%B8%9C%E9%97%A8"
    assert "翡翠楼 · 东门" in client.get(address.removeprefix("https://grid.example.cn")).text


def test_a_plate_is_named_by_alias_and_kept_by_caches(client):
    """As SVG; an ETag that is known saves the drawing."""
    answer = client.get("/v1/buildings/fire:A17/plate.svg")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")
    tag = answer.headers["etag"]
    assert client.get("/v1/buildings/fire:A17/plate.svg", headers={"If-None-Match": tag}).status_code == 304


def test_a_door_or_building_that_is_not_there_has_no_plate(client):
    """Told with the doors that there are."""
    refused = client.get(f"/v1/buildings/{CODE}/plate.pdf", params={"entrance": "9"})

    assert (refused.status_code, refused.json()["code"]) == (404, "unknown-entrance")
    assert refused.json()["entrances"] == ["1", "东门"]
    assert client.get("/v1/buildings/B0/plate.pdf").json()["code"] == "unknown-building"


def test_the_plates_of_a_grid_are_for_those_who_work_there(client, town):
    """The street's planner gets a plate for each door; nobody without a token, nor of another grid."""
    address = "/v1/grids/530103001/plates.pdf"

    (page,) = texts(client.get(address, headers=as_planner(town, "530103")).content)
    assert page.count("翡翠楼 · ") == 2
    assert client.get(address).status_code == 401
    assert client.get(address, headers=as_planner(town, SOUTH_WEST)).json()["code"] == "outside-scope"


def test_a_grid_without_buildings_or_with_too_many_is_refused(client, town, monkeypatch):
    """None in the south-west; more than allowed in the north-west; a grid that is not there."""
    planner = as_planner(town, None)

    assert client.get(f"/v1/grids/{SOUTH_WEST}/plates.pdf", headers=planner).json()["code"] == "no-plates"
    assert client.get("/v1/grids/999/plates.pdf", headers=planner).status_code == 404
    monkeypatch.setattr(draw_plates, "MOST_PLATES", 1)
    refused = client.get(f"/v1/grids/{NORTH_WEST}/plates.pdf", headers=planner)
    assert (refused.status_code, refused.json()["code"]) == (413, "too-many-plates")


def test_the_command_writes_the_same_pages(town, tmp_path, monkeypatch, capsys):
    """With the address of the setting, which it says; a grid that is not there is refused."""
    monkeypatch.setenv("GIS_PUBLIC_URL", "https://wangge.example.cn/")
    monkeypatch.setattr(command, "open_work", lambda _: town)
    file = tmp_path / "plates.pdf"

    command.plates(NORTH_WEST, file)

    assert capsys.readouterr().out.endswith("第1网格, 2 plates that lead to https://wangge.example.cn\n")
    assert texts(file.read_bytes())[0].count("翡翠楼 · ") == 2
    with pytest.raises(NotFoundError):
        command.plates("999", file)


def test_the_command_wants_a_pdf(tmp_path):
    """Another ending is a wrong use."""
    done = subprocess.run(
        [sys.executable, "-m", "gis_service", "plates", "5", "-o", "plates.doc"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert "must end in .pdf" in done.stderr
