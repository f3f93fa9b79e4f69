from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from uuid_utils.compat import uuid7

from gis_service.api.multipart import read_file
from gis_service.database.tables import incident_photo
from gis_service.errors import RuleBrokenError
from gis_service.files.photo_store import PhotoStore
from gis_service.use_cases import add_photo
from gis_service.use_cases.sweep_photos import sweep_photos
from tests.support.photos import heic, jpeg, png, segments

REPORT = {
    "category": "hazard",
    "channel": "patrol",
    "description": "loose tile",
    "point": {"lon": 102.71, "lat": 25.01},
}


@pytest.fixture
def client(incident_client):
    """The routes of incidents and their photos."""
    return incident_client


@pytest.fixture
def worker(as_role) -> dict[str, str]:
    """The token of a worker of street D07."""
    return as_role("worker", "D07")


@pytest.fixture
def address(client, worker) -> str:
    """Where the photos of a new incident in D07A are."""
    response = client.post("/v1/incidents", json=REPORT, headers={**worker, "Idempotency-Key": str(uuid4())})
    return f"{response.headers['Location']}/photos"


@pytest.fixture
def add(client, worker, address):
    """Add a photo."""

    def act(body: bytes, kind: str = "image/jpeg", headers=None):
        return client.post(address, content=body, headers={**(headers or worker), "Content-Type": kind})

    return act


@pytest.fixture
def count_rows(ground):
    """How many photos the database knows."""

    def count() -> int:
        with ground:
            return ground._session.scalar(select(func.count()).select_from(incident_photo))

    return count


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.jpg"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [(jpeg(), "image/jpeg"), (png(), "image/png"), (heic(), "image/heic")],
    ids=["jpeg", "png", "heic"],
)
def test_a_photo_is_kept_clean_and_its_position_offered(add, client, worker, body, kind):
    """Its position lies 273 m from the incident; the file that comes back has none."""
    added = add(body, kind)

    assert added.status_code == 201
    told = added.json()
    assert told["hint"]["point"] == {"lon": pytest.approx(102.7112), "lat": pytest.approx(25.0122)}
    assert told["hint"]["distance_m"] == pytest.approx(272.2, abs=1)
    assert told["hint"]["taken_at"] == "2026-03-06T16:58:12+08:00"
    assert added.headers["Location"] == told["url"]
    shown = client.get(told["url"], headers=worker)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert shown.headers["Cache-Control"] == "private, no-cache"
    assert hashlib.sha256(shown.content).hexdigest() == told["sha256"]
    assert len(shown.content) == told["size_bytes"]
    assert 0xE1 not in segments(shown.content)
    thumb = client.get(told["thumb_url"], headers=worker)
    assert len(thumb.content) < len(shown.content)


def test_a_browser_that_has_a_photo_is_not_sent_it_again(add, client, worker):
    """304 for the tag that it was given."""
    url = add(jpeg()).json()["url"]
    tag = client.get(url, headers=worker).headers["ETag"]

    assert client.get(url, headers={**worker, "If-None-Match": tag}).status_code == 304


def test_photos_are_listed_the_oldest_first_and_recorded(add, client, worker, address):
    """Two photos, and an event for each."""
    ids = [add(jpeg(quality=quality)).json()["id"] for quality in (60, 90)]

    listed = client.get(address, headers=worker).json()["photos"]
    events = client.get(address.replace("/photos", "/events"), headers=worker).json()["events"]

    assert [photo["id"] for photo in listed] == ids
    assert "hint" not in listed[0]
    assert [event["kind"] for event in events] == ["reported", "photographed", "photographed"]
    assert events[1]["to_state"] == "reported"


def test_the_same_file_again_is_the_same_photo(add, count_rows, photo_folder):
    """200, the same answer with the hint, one row, one file and its small one."""
    first, again = add(jpeg()), add(jpeg())

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert (count_rows(), len(files_in(photo_folder))) == (1, 2)


def test_a_form_is_taken_as_mini_programs_send_it(client, worker, address):
    """multipart/form-data, with a field beside the file."""
    response = client.post(
        address, files={"photo": ("1.jpg", jpeg(), "image/jpeg")}, data={"note": "front"}, headers=worker
    )

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (jpeg()[:300], "image/jpeg", 422, "unreadable-photo"),
        (b"GIF89a", "image/jpeg", 422, "unknown-photo-format"),
        (b"", "image/png", 422, "unknown-photo-format"),
        (b"x" * 100_001, "image/jpeg", 413, "photo-too-large"),
        (b"%PDF", "application/pdf", 415, "unsupported-media-type"),
        (b"--x", "multipart/form-data; boundary=x", 422, "invalid-form"),
        (b"", "multipart/form-data", 422, "invalid-form"),
    ],
    ids=["cut short", "GIF", "nothing", "large", "PDF", "broken form", "form without boundary"],
)
def test_what_is_no_photo_is_refused(add, count_rows, photo_folder, body, kind, status, code):
    """Named, and nothing is kept of it."""
    response = add(body, kind)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert (count_rows(), files_in(photo_folder)) == (0, [])


def test_an_incident_takes_so_many_photos_and_no_more(add, monkeypatch, photo_folder):
    """Here two: 409 for the third; one of the two again is no third."""
    monkeypatch.setattr(add_photo, "MOST_PHOTOS", 2)
    for quality in (60, 70):
        add(jpeg(quality=quality))

    refused = add(jpeg(quality=80))

    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-photos")
    assert add(jpeg(quality=70)).status_code == 200
    assert len(files_in(photo_folder)) == 4


def test_when_the_store_fails_nothing_is_recorded(
    add, client, count_rows, monkeypatch, worker, address, photo_folder
):
    """The small picture cannot be written: 503, no row, no event, and the large one is taken away again."""
    write = PhotoStore.write

    def fail(self, name, data):
        write(self, name, data)
        if "thumb" in name:
            raise add_photo.PhotoStoreError("away")

    monkeypatch.setattr(PhotoStore, "write", fail)
    refused = add(jpeg())
    monkeypatch.undo()

    assert (refused.status_code, refused.json()["code"]) == (503, "photo-store-unavailable")
    assert refused.headers["Retry-After"]
    assert (count_rows(), files_in(photo_folder)) == (0, [])
    events = client.get(address.replace("/photos", "/events"), headers=worker).json()["events"]
    assert [event["kind"] for event in events] == ["reported"]
    assert add(jpeg()).status_code == 201


def test_who_does_not_see_the_incident_sees_no_photo(add, client, as_role, address):
    """A worker of D08 gets 404 for all of it; without a token it is 401."""
    url = add(jpeg()).json()["url"]
    stranger = as_role("worker", "D08")

    for path in (address, url):
        assert client.get(path, headers=stranger).status_code == 404
        assert client.get(path).status_code == 401
    assert add(jpeg(), headers=stranger).status_code == 404
    assert client.get(f"{address}/{uuid4()}", headers=as_role("auditor")).status_code == 404
    assert client.get(f"{address}/nope", headers=as_role("auditor")).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("worker", 201), ("router", 201), ("dispatcher", 201), ("planner", 403)]
)
def test_who_reports_may_add_photos(add, as_role, role, status):
    """Planners and auditors look."""
    assert add(jpeg(), headers=as_role(role)).status_code == status


def test_a_dispatcher_removes_a_photo_for_good(add, client, as_role, worker, address, count_rows, photo_folder):
    """Row and files are gone; who and why stays.  The same file may be added again."""
    url = add(jpeg()).json()["url"]
    dispatcher = as_role("dispatcher", "D")

    assert client.delete(url, headers=dispatcher).status_code == 422
    assert client.delete(f"{url}?reason=face", headers=worker).status_code == 403
    assert client.delete(f"{url}?reason=face", headers=as_role("dispatcher", "D08")).status_code == 404
    assert client.delete(f"{url}?reason=shows a face", headers=dispatcher).status_code == 204

    assert (count_rows(), files_in(photo_folder)) == (0, [])
    assert client.get(url, headers=worker).status_code == 404
    assert client.get(address, headers=worker).json()["photos"] == []
    event = client.get(address.replace("/photos", "/events"), headers=worker).json()["events"][-1]
    assert (event["kind"], event["reason"]) == ("photo_removed", "shows a face")
    assert add(jpeg()).status_code == 201


def test_a_removal_that_the_store_interrupts_is_finished_by_asking_again(
    add, client, as_role, monkeypatch, count_rows, photo_folder
):
    """503, and the photo is out of sight; asked again its files go, with one event for both."""
    url = add(jpeg()).json()["url"]
    dispatcher = as_role("dispatcher", "D")

    def fail(*_):
        raise add_photo.PhotoStoreError("away")

    monkeypatch.setattr(PhotoStore, "remove", fail)
    assert client.delete(f"{url}?reason=face", headers=dispatcher).status_code == 503
    assert client.get(url, headers=dispatcher).status_code == 404
    assert (count_rows(), len(files_in(photo_folder))) == (1, 2)
    monkeypatch.undo()

    assert client.delete(f"{url}?reason=face", headers=dispatcher).status_code == 204
    assert (count_rows(), files_in(photo_folder)) == (0, [])
    events = client.get(url.rsplit("/photos", 1)[0] + "/events", headers=dispatcher).json()["events"]
    assert [event["kind"] for event in events].count("photo_removed") == 1


def test_a_file_that_somebody_took_from_the_store_is_told(add, client, worker, photo_folder):
    """404 photo-lost, and no 500."""
    url = add(jpeg()).json()["url"]
    for path in photo_folder.rglob("*.jpg"):
        path.unlink()

    response = client.get(url, headers=worker)

    assert (response.status_code, response.json()["code"]) == (404, "photo-lost")


def form(boundary: bytes, *parts: bytes) -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


@given(content=st.binary(max_size=60) | st.text("-b\r\n", max_size=30).map(str.encode))
def test_the_file_of_a_form_is_found_whatever_is_in_it(content):
    """Ends of lines and hyphens too, as long as they are not the delimiter."""
    head = b'Content-Disposition: form-data; name="photo"; filename="1.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    field = b'Content-Disposition: form-data; name="note"\r\n\r\nfront'
    body = form(b"bbbbb", field, head + content)

    if b"\r\n--bbbbb" not in b"\r\n\r\n" + content + b"\r\n--":
        assert read_file(body, "multipart/form-data; boundary=bbbbb") == content
        assert read_file(b"preamble\r\n" + body, 'multipart/form-data; boundary="bbbbb"') == content


@given(body=st.binary(max_size=60) | st.text("-b\r\n:;=", max_size=60).map(str.encode), kind=st.text(max_size=20))
def test_a_form_that_is_none_is_refused(body, kind):
    """Bytes and boundaries of any kind: 422."""
    for content_type in ("multipart/form-data; boundary=b", f"multipart/form-data; boundary={kind}"):
        with pytest.raises(RuleBrokenError):
            read_file(body, content_type)


@pytest.mark.parametrize("names", [[], ["1.jpg", "2.jpg"]])
def test_a_form_has_one_file(names):
    """None, or two: it is not guessed which is meant."""
    parts = [b'Content-Disposition: form-data; name="p"; filename="%b"\r\n\r\nx' % name.encode() for name in names]

    with pytest.raises(RuleBrokenError, match=f"it has {len(names)}"):
        read_file(form(b"b", *parts), "multipart/form-data; boundary=b")


def test_files_of_no_photo_are_swept(add, photo_folder, count_rows, ground):
    """A file of an upload that broke off, two days on; what belongs to a photo stays, and what is none of ours."""
    add(jpeg())
    ours = files_in(photo_folder)
    lost = f"ab/{uuid4()}/{uuid7()}-{'0' * 64}.jpg"
    store = PhotoStore(str(photo_folder))
    store.write(lost, b"lost")
    store.write("ab/readme.jpg", b"not ours")
    now = datetime.now(UTC)

    assert sweep_photos(store, now, ground, deletes=True) == []  # it may still be under way
    assert sweep_photos(store, now + timedelta(days=2), ground, deletes=False) == [lost]
    assert sweep_photos(store, now + timedelta(days=2), ground, deletes=True) == [lost]
    assert sweep_photos(store, now + timedelta(days=2), ground, deletes=True) == []
    assert files_in(photo_folder) == sorted([*ours, "readme.jpg"])
    assert count_rows() == 1
