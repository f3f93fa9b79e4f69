from __future__ import annotations

import pytest

from gis_service.api.paging import encode_cursor


def test_the_levels_come_root_most_first(demo_client):
    """Ranks rise; every zoom of the map is drawn by some level."""
    body = demo_client.get("/v1/levels").json()
    levels = body["levels"]

    assert [level["rank"] for level in levels] == sorted(level["rank"] for level in levels)
    assert {"district", "street", "community", "unit_grid", "micro_grid"} <= {level["code"] for level in levels}
    assert body["next"] is None


def test_the_first_edition_tells_its_proof(demo_client):
    """Number, dates, checksum and certificate."""
    edition = demo_client.get("/v1/editions/1").json()

    assert edition["number"] == edition["edition"] == 1
    assert len(edition["checksum"]) == 64
    assert edition["certificate"]
    assert demo_client.get("/v1/editions").json()["editions"][0] == edition


@pytest.mark.parametrize(
    ("query", "count"),
    [("level=district", 1), ("level=street", 8), ("level=community", 65), ("level=unit_grid", 213)],
)
def test_panlong_has_the_grids_it_should(demo_client, query, count):
    """1 district, 8 streets, 65 communities, 213 unit grids."""
    body = demo_client.get(f"/v1/grids?{query}&limit=1000").json()

    assert body["type"] == "FeatureCollection"
    assert body["edition"] == 1
    assert len(body["features"]) == count


def test_donghua_has_seven_communities(demo_client):
    """Found by its name, then by its children."""
    [street] = demo_client.get("/v1/grids", params={"q": "东华街道", "level": "street"}).json()["features"]

    children = demo_client.get(f"/v1/grids/{street['properties']['code']}/children").json()["features"]

    assert len(children) == 7
    assert {child["properties"]["parent"] for child in children} == {street["properties"]["code"]}


def test_pages_join_without_loss_or_repeat(demo_client):
    """213 unit grids in pages of 50, by the cursor of the body and by the Link header alike."""
    codes, path = [], "/v1/grids?level=unit_grid&limit=50"
    while path:
        answer = demo_client.get(path)
        codes += [feature["properties"]["code"] for feature in answer.json()["features"]]
        path = answer.links["next"]["url"] if "next" in answer.links else None

    assert len(codes) == len(set(codes)) == 213
    assert codes == sorted(codes)


def test_one_grid_is_a_feature_with_its_edition(demo_client):
    """Geometry in degrees, properties in the words of the glossary."""
    body = demo_client.get("/v1/grids/530103").json()

    assert body["type"] == "Feature"
    assert body["edition"] == 1
    assert body["properties"]["name"] == "盘龙区"
    assert body["properties"]["level"] == "district"
    assert body["geometry"]["type"] == "MultiPolygon"


def test_a_box_finds_what_it_touches(demo_client):
    """A hundred metres around a point: its district, street, community and unit grid at least."""
    body = demo_client.get("/v1/grids?bbox=102.7295,25.0495,102.7305,25.0505").json()

    assert {"district", "street", "community", "unit_grid"} <= {
        feature["properties"]["level"] for feature in body["features"]
    }


@pytest.mark.parametrize(("kind", "limit"), [("editions", 1), ("levels", 2)])
def test_editions_and_levels_come_in_pages_too(demo_client, kind, limit):
    """A few at a time, to the last, by the body and by the Link header alike."""
    found, path = [], f"/v1/{kind}?limit={limit}"
    while path:
        answer = demo_client.get(path)
        assert len(answer.json()[kind]) <= limit
        found += answer.json()[kind]
        path = answer.links["next"]["url"] if "next" in answer.links else None
        assert (path is None) is (answer.json()["next"] is None)

    assert found == demo_client.get(f"/v1/{kind}?limit=1000").json()[kind]


@pytest.mark.parametrize(
    ("kind", "position"),
    [("editions", (2**31,)), ("editions", (-1,)), ("editions", ("a",)), ("levels", ("a",)), ("levels", (1, 2))],
)
def test_cursors_of_other_lists_are_refused(demo_client, kind, position):
    """Beyond every number, of another type, of two parts."""
    answer = demo_client.get(f"/v1/{kind}", params={"cursor": encode_cursor(*position)})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")
