from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from gis_service.api.door_desk import network_of
from gis_service.api.door_reports import FIELDS_BYTES
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.form_token import LIFETIME, sign_form
from gis_service.domain.incident import IncidentFilter
from gis_service.use_cases.report_at_door import DOOR
from tests.support.doors import CODE, NORTH_WEST, SECRET, SOUTH_WEST, door_client, settle
from tests.support.ground import FIRST_DAY, add_levels, publish_tree, tiny_tree
from tests.support.photos import jpeg

DOOR_CODE = f"{CODE}-东门"


@pytest.fixture
def town(work, open_session) -> UnitOfWork:
    """The tiny district with the tower."""
    add_levels(open_session)
    publish_tree(work, tiny_tree(), FIRST_DAY)
    settle(work)
    return work


@pytest.fixture
def serve(town, open_session, tmp_path):
    """The routes, with other limits where asked for."""

    @contextmanager
    def serve(**limits):
        with door_client(lambda: UnitOfWork(open_session), tmp_path, **limits) as made:
            yield made

    return serve


@pytest.fixture
def client(serve):
    with serve() as made:
        yield made


def report(client, key="k1", *, door=DOOR_CODE, photo=None, **fields):
    sent = {"category": "hazard", "text": " 楼道堆物 ", "token": token_of(client), **fields}
    files = {name: (None, str(value)) for name, value in sent.items() if value is not None}
    files["photo"] = ("photo.jpg", photo or b"", "image/jpeg")
    return client.post(f"/b/{door}/reports", files=files, headers={"Idempotency-Key": key})


def token_of(client):
    """The token in the form of the page itself."""
    return re.search('data-token="(.*?)"', client.get(f"/b/{CODE}").text)[1]


def stored(work):
    with work:
        return work.incidents.search(IncidentFilter(limit=10), DOOR)


def test_a_report_opens_an_incident_at_the_door(client, town):
    """Channel resident, at the named door, owned by the building's grid; the answer is its number and no more."""
    answer = report(client)

    assert answer.status_code == 201
    assert answer.json().keys() == {"number", "photo"}
    (incident,) = stored(town)
    assert incident.external_id == answer.json()["number"]
    assert re.fullmatch("[A-Z2-7]{4}-[A-Z2-7]{4}", incident.external_id)
    assert (incident.channel, incident.category, incident.description) == ("resident", "hazard", "楼道堆物")
    assert (incident.building_code, incident.owner, incident.located_by) == (CODE, NORTH_WEST, "building")


def test_a_report_that_is_sent_again_is_the_same_incident(client, town):
    """With its photo, and with another token; another text under the same key is refused."""
    photo = jpeg()
    first = report(client, photo=photo)
    again = report(client, photo=photo, token=sign_form(SECRET, CODE, datetime.now(UTC) + timedelta(minutes=5)))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == {"number": first.json()["number"], "photo": "kept"}
    (incident,) = stored(town)
    with town:
        assert len(town.photos.of_incident(incident.id)) == 1
    assert report(client, text="其他").json()["code"] == "idempotency-key-reused"


def test_a_photo_that_is_none_does_not_lose_the_report(client, town):
    """The words are stored; the answer says that the photo was refused."""
    assert report(client, photo=b"no photo at all").json()["photo"] == "refused"
    assert len(stored(town)) == 1


def test_what_lies_elsewhere_is_owned_where_the_phone_was(client, town):
    """A position in the south-west grid, 1.2 km away: its grid owns it, and the plate is told in words."""
    assert report(client, lon="102.705", lat="25.001", accuracy_m="12").status_code == 201
    (incident,) = stored(town)

    assert (incident.owner, incident.located_by, incident.building_code) == (SOUTH_WEST, "coordinate", None)
    assert incident.accuracy_m == 12
    assert DOOR_CODE in incident.locus


def test_a_report_that_waited_happened_when_it_was_written(client, town):
    """Three days ago; a clock that runs a year ahead is not believed."""
    then = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    ahead = datetime.now(UTC) + timedelta(days=365)
    report(client, "k1", written_at=then.isoformat())
    report(client, "k2", written_at=ahead.isoformat())

    newest, oldest = stored(town)
    assert oldest.occurred_at == then
    assert newest.occurred_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "made-up",
        "é",
        sign_form(b"another secret of somebody", CODE, datetime.now(UTC)),
        sign_form(SECRET, "B7", datetime.now(UTC)),
        sign_form(SECRET, CODE, datetime.now(UTC) - LIFETIME - timedelta(minutes=1)),
    ],
    ids=["none", "no token", "no ascii", "another secret", "another building", "expired"],
)
def test_a_form_that_was_not_loaded_here_is_refused(client, town, token):
    """And a new token is had at the page's own address."""
    refused = report(client, token=token)

    assert (refused.status_code, refused.json()["code"]) == (403, "form-expired")
    assert stored(town) == []
    fresh = client.get(f"/b/{DOOR_CODE}/form").json()["token"]
    assert report(client, token=fresh).status_code == 201


def test_an_address_may_report_so_often(serve):
    """Two in an hour, then 429 with the time to wait: half an hour."""
    with serve(of_address=2) as client:
        assert [report(client, key).status_code for key in ("a", "b", "c")] == [201, 201, 429]
        refused = report(client, "d")

    assert refused.json()["code"] == "too-many-reports"
    assert 1700 < int(refused.headers["retry-after"]) <= 1800


def test_a_building_takes_so_many(serve):
    """One in an hour, whichever of its doors."""
    with serve(of_building=1) as client:
        assert [report(client, door, door=door).status_code for door in (CODE, f"{CODE}-1")] == [201, 429]


def test_a_network_of_ipv6_is_one_caller():
    """The first 64 bits are one household's; IPv4 addresses stand alone, and what is no address is itself."""
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("10.0.0.1") != network_of("10.0.0.2")
    assert network_of("testclient") == "testclient"
    assert network_of(None) == ""


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"category": None}, "/category"),
        ({"category": "weather"}, "/category"),
        ({"text": " "}, "/text"),
        ({"text": "长" * 501}, "/text"),
        ({"text": "a\x00b"}, "/text"),
        ({"lon": "102.7"}, "/lat"),
        ({"lon": "nan", "lat": "25"}, "/lon"),
        ({"lat": "91", "lon": "0"}, "/lat"),
        ({"written_at": "yesterday"}, "/written_at"),
        ({"reporter": "me"}, "/reporter"),
    ],
)
def test_what_is_wrong_in_the_form_is_named(client, town, fields, at_fault):
    """Missing, unknown, blank, too long, not finite, half a position, no instant, a field that there is not."""
    refused = report(client, **fields)

    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [at_fault]
    assert stored(town) == []


def test_a_program_that_fills_in_everything_is_refused(client, town):
    """A field that no person sees."""
    assert report(client, website="https://spam.example").json()["code"] == "form-refused"
    assert stored(town) == []


def test_what_is_too_large_or_no_form_is_refused(client):
    """More than a photo and its words; JSON; a form cut short; no key; a door that there is not."""
    large = report(client, photo=b"x" * (100_000 + FIELDS_BYTES))
    assert (large.status_code, large.json()["code"]) == (413, "photo-too-large")
    key = {"Idempotency-Key": "k"}
    assert client.post(f"/b/{CODE}/reports", json={}, headers=key).status_code == 415
    header = key | {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post(f"/b/{CODE}/reports", content=b"--x\r\n", headers=header).json()["code"] == "invalid-form"
    twice = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 2 + b"--x--"
    assert client.post(f"/b/{CODE}/reports", content=twice, headers=header).json()["code"] == "invalid-form"
    assert client.post(f"/b/{CODE}/reports", files={"text": (None, "x")}).json()["code"] == "idempotency-key-missing"
    assert report(client, door="B0").json()["code"] == "unknown-building"
