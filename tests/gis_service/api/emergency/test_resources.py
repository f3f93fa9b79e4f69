from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely

from gis_service.api.paging import encode_cursor
from gis_service.domain.resource import Resource
from grid_boundaries.locate.shifts import wgs84_to_gcj02
from grid_boundaries.measure import GEOD
from tests.gis_service.api.emergency.conftest import ZONE
from tests.support.desk import GROUND

HERE = (102.72, 25.02)


def day(ahead: int) -> date:
    return datetime.now(UTC).astimezone(ZONE).date() + timedelta(days=ahead)


def tent(code: str, quantity: float, lon: float, lat: float = 25.02, **other) -> Resource:
    return Resource(code, code, "tent", quantity, "顶", lon, lat, "general", **other)


def metres(one: Resource, here=HERE) -> float:
    return GEOD.inv(*here, one.lon, one.lat)[2]


@pytest.fixture
def ask(client):
    def act(quantity, headers=None, **query):
        asked = {"lon": HERE[0], "lat": HERE[1], "kind": "tent", "quantity": quantity, **query}
        return client.get("/v1/resources/nearest", params=asked, headers=headers or {}).json()

    return act


def test_the_nearest_agree_with_brute_force(ask, put):
    """150 stocks at random; by degrees they come in another order."""
    chance = random.Random(6)
    stocks = [
        tent(f"T{n:03d}", chance.randint(0, 20), chance.uniform(102.4, 103.0), chance.uniform(24.7, 25.3))
        for n in range(150)
    ]
    put(*stocks)
    by_metres = sorted(stocks, key=lambda one: (metres(one), one.code))
    by_degrees = sorted(stocks, key=lambda one: (one.lon - HERE[0]) ** 2 + (one.lat - HERE[1]) ** 2)
    assert by_metres[:50] != by_degrees[:50]

    for quantity in (1, 8, 19.5):
        told = ask(quantity)
        expected = [one for one in by_metres if one.quantity >= quantity][:5]
        assert [one["code"] for one in told["single"]] == [one.code for one in expected]
        assert [one["distance_m"] for one in told["single"]] == pytest.approx(
            [metres(one) for one in expected], abs=0.06
        )
        assert (told["enough"], told["together"], told["available"]) == (True, [], None)
    for quantity in (21, 300, 900):
        told = ask(quantity)
        total, expected = 0.0, []
        for one in by_metres:
            if one.quantity and total < quantity:
                expected.append((one.code, min(one.quantity, quantity - total)))
                total += one.quantity
        assert [(one["code"], one["take"]) for one in told["together"]] == expected
        assert sum(one["take"] for one in told["together"]) == quantity
        assert (told["enough"], told["single"], told["available"]) == (True, [], None)


def test_the_nearest_is_so_in_metres(ask, put):
    """A degree of longitude is a tenth shorter there: 0.100 of it are less far than 0.095 of latitude."""
    put(tent("EAST", 5, 102.82, 25.02), tent("NORTH", 5, 102.72, 25.115))

    (one,) = ask(5, limit=1)["single"]

    assert (one["code"], one["distance_m"]) == ("EAST", pytest.approx(10_092, abs=5))


def test_when_all_is_too_little_that_is_said(ask, put):
    """Nine tents in all; ten are asked for.  Of another kind there is nothing."""
    put(tent("A", 4, 102.71), tent("B", 5, 102.75))

    told = ask(10)
    assert (told["enough"], told["single"], told["together"], told["available"]) == (False, [], [], 9)
    assert ask(1, kind="water")["available"] == 0


def test_stock_past_its_last_day_is_not_counted(ask, client, put):
    """Today is the last day of use of one; of another it was yesterday; others have 30 days left, and 31."""
    put(
        tent("LAST", 5, 102.73, expires_on=day(0)),
        tent("PAST", 5, 102.721, expires_on=day(-1)),
        tent("SOON", 5, 102.74, expires_on=day(30)),
        tent("LATER", 5, 102.75, expires_on=day(31)),
        tent("KEEPS", 5, 102.76),
    )

    told = [(one["code"], one["expiry"]) for one in ask(5)["single"]]
    assert told == [("LAST", "soon"), ("SOON", "soon"), ("LATER", "good"), ("KEEPS", "keeps")]
    assert ask(25)["available"] == 20
    listed = client.get("/v1/resources", params={"expires_before": day(30).isoformat()}).json()["resources"]
    assert [(one["code"], one["expiry"]) for one in listed] == [("LAST", "soon"), ("PAST", "expired")]


def test_boxes_and_bottles_are_not_added_up(ask, put):
    """Water in both: it must be said which; kilograms there are none."""
    put(
        Resource("BOX", "b", "water", 9, "箱", 102.72, 25.0, "general"),
        Resource("BOTTLE", "b", "water", 9, "瓶", 102.72, 25.0, "general"),
    )

    assert ask(10, kind="water")["code"] == "several-units"
    assert ask(10, kind="water", unit="公斤")["code"] == "unknown-unit"
    told = ask(10, kind="water", unit="箱")
    assert (told["enough"], told["available"], told["unit"]) == (False, 9, "箱")


def test_a_place_in_gcj02_is_converted(ask, put):
    """The tent at the place itself is 0 m off, not half a kilometre."""
    put(tent("HERE", 5, *HERE))
    lon, lat = (float(one[0]) for one in wgs84_to_gcj02(*np.array([HERE]).T))

    (one,) = ask(1, lon=lon, lat=lat, crs="gcj02")["single"]

    assert one["distance_m"] < 0.5
    assert one["grid"] == "D07A"


def test_stocks_are_listed_by_what_is_asked(client, put):
    """By kind, ground, box, in pages of three; 30 on a raster, against brute force."""
    stocks = [tent(f"T{x}{y}", 1, 102.70 + x / 100, 25.00 + y / 100) for x in range(5) for y in range(5)]
    put(*stocks, Resource("W", "w", "water", 1, "箱", 102.71, 25.01, "general"))

    def listed(**query):
        codes, following = [], None
        while True:
            page = client.get("/v1/resources", params=query | ({"cursor": following} if following else {})).json()
            codes += [one["code"] for one in page["resources"]]
            if (following := page["next"]) is None:
                return codes

    def covered(shape):
        return [one.code for one in stocks if shape.covers(shapely.Point(one.lon, one.lat))]

    shape = next(one.shape for one in GROUND if one.code == "D08A")
    assert listed(kind="tent", limit=3) == [one.code for one in stocks]
    assert listed(kind="water") == ["W"]
    assert listed(grid="D08A", limit=3) == covered(shape)
    assert listed(bbox="102.695,25.005,102.715,25.025", kind="tent") == covered(
        shapely.box(102.695, 25.005, 102.715, 25.025)
    )
    assert listed(kind="tent", grid="D08A", bbox="102.705,24.9,102.725,25.1") == ["T20", "T21", "T22"]


def test_what_is_not_general_is_for_who_works_there(ask, client, put, token):
    """Fuel-like stock: hidden from the public and from other ground, in the list and in the search."""
    put(Resource("F", "f", "tent", 5, "顶", 102.705, 25.005, "important"))

    def seen(headers):
        listed = client.get("/v1/resources", headers=headers).json()["resources"]
        return [one["code"] for one in listed], ask(1, headers)["enough"]

    assert seen({}) == seen(token("dispatcher", "D08")) == ([], False)
    assert seen(token("worker", "D07A")) == seen(token("admin")) == (["F"], True)


WRONG = [
    ("/v1/resources?kind=tant", 422, "unknown-kind"),
    ("/v1/resources?grid=NOPE", 404, "unknown-grid"),
    ("/v1/resources?colour=red", 422, "unknown-parameter"),
    (f"/v1/resources?cursor={encode_cursor(chr(0))}", 422, "bad-cursor"),
    ("/v1/resources/nearest?lon=102&lat=25&kind=tant&quantity=1", 422, "unknown-kind"),
    ("/v1/resources/nearest?lon=102&lat=25&kind=tent&quantity=0", 422, "invalid-input"),
    ("/v1/resources/nearest?lon=102&lat=25&kind=tent&quantity=inf", 422, "invalid-input"),
    ("/v1/resources/nearest?lon=25&lat=102&kind=tent&quantity=1", 422, "coordinate-out-of-range"),
    ("/v1/resources/nearest?lon=102&lat=25&kind=tent&quantity=1&unit=%00", 422, "invalid-input"),
]


@pytest.mark.parametrize(("address", "status", "code"), WRONG)
def test_a_wrong_question_is_refused(client, put, address, status, code):
    answer = client.get(address)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
