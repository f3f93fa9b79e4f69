"""The page of a door on a telephone, against the real service: a report sent, with a photo, and without the net."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from gis_service.database.engine import make_engine, make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.incident import IncidentFilter
from gis_service.use_cases.report_at_door import DOOR
from tests.conftest import TEMPLATE, make_database
from tests.support.doors import CODE, NORTH_WEST, SOUTH_WEST, settle
from tests.support.ground import FIRST_DAY, add_levels, publish_tree, tiny_tree
from tests.support.photos import jpeg, picture
from tests.support.server import running_server

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def town(server_url, template_url) -> Iterator[tuple[str, UnitOfWork]]:
    """The tiny district with the tower, in a database of its own."""
    url = make_database(server_url, "gis_test_doors", TEMPLATE)
    engine = make_engine(url, pool_size=2, statement_timeout_ms=30_000)
    sessions = make_session_factory(engine)
    add_levels(sessions)
    publish_tree(UnitOfWork(sessions), tiny_tree(), FIRST_DAY)
    settle(UnitOfWork(sessions))
    yield url, UnitOfWork(sessions)
    engine.dispose()


@pytest.fixture(scope="module")
def server(town) -> Iterator[str]:
    """The service, in a process of its own."""
    with running_server(town[0], GIS_WEBHOOK_DELIVERY="false") as address:
        yield address


@pytest.fixture
def phone(browser: Browser, server) -> Iterator[BrowserContext]:
    """Somebody who stands in the south-west grid and lets the page know."""
    context = browser.new_context(
        base_url=server,
        viewport=PHONE,
        device_scale_factor=2,
        has_touch=True,
        locale="zh-CN",
        geolocation={"latitude": 25.001, "longitude": 102.705, "accuracy": 12},
        permissions=["geolocation"],
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(phone) -> Page:
    return phone.new_page()


def newest(town):
    with town[1] as work:
        return work.incidents.search(IncidentFilter(limit=1), DOOR)[0]


def fill_in(page: Page, text: str) -> None:
    page.get_by_text("安全隐患").click()
    page.get_by_label("说说情况").fill(text)


def test_a_report_with_a_photo_is_sent(page, faults, town):
    """Kind, words, photo, send: a number to quote, under which the desk has it; no fault, nothing to the side."""
    page.goto(f"/b/{CODE}-东门")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    fill_in(page, "三楼楼道堆了纸箱")
    page.locator("#photo").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg(picture())})
    expect(page.locator("#shown")).to_be_visible()
    page.get_by_role("button", name="提交").click()
    number = page.locator(".receipt .number")
    number.wait_for()

    incident = newest(town)
    assert number.inner_text() == incident.external_id
    assert (incident.owner, incident.description, incident.channel) == (NORTH_WEST, "三楼楼道堆了纸箱", "resident")
    with town[1] as work:
        assert len(work.photos.of_incident(incident.id)) == 1
    assert faults == []


def test_the_phones_position_is_sent_when_it_is_chosen(page, faults, town):
    """Within 12 m; the south-west grid gets it.  Nothing is sent without a kind and words."""
    page.goto(f"/b/{CODE}?lang=zh")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#outcome")).to_have_text("请选择问题类型并写几个字。")
    fill_in(page, "路面有坑")
    page.get_by_text("用我手机现在的位置").click()
    expect(page.locator("#here")).to_have_text("已用手机定位（误差约 12 米）")
    page.get_by_role("button", name="提交").click()
    page.locator(".receipt .number").wait_for()

    incident = newest(town)
    assert (incident.owner, incident.description, incident.building_code) == (SOUTH_WEST, "路面有坑", None)
    assert faults == []


def test_a_report_written_offline_is_sent_when_the_phone_is_back(page, phone, town):
    """The page opens again without the net, keeps the report through one more opening, and sends it by itself."""
    page.goto(f"/b/{CODE}-1")
    page.wait_for_function("navigator.serviceWorker.ready.then(async () => (await caches.keys()).length > 0)")
    is_kept = "caches.open('gis-door-1').then((kept) => kept.match(location.href, {ignoreVary: true})).then(Boolean)"
    page.wait_for_function(is_kept)
    phone.set_offline(True)
    page.reload()
    fill_in(page, "消防通道被堵")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#outcome")).to_contain_text("现在没有网络")
    expect(page.locator("#waiting")).to_have_text("还有 1 条等待发送")
    page.reload()
    expect(page.locator("#waiting")).to_have_text("还有 1 条等待发送")
    assert newest(town).description != "消防通道被堵"

    phone.set_offline(False)
    expect(page.locator("#waiting")).to_be_hidden(timeout=PATIENCE_MS)
    incident = newest(town)
    assert (incident.description, incident.building_code) == ("消防通道被堵", CODE)
    with town[1] as work:
        found = work.incidents.search(IncidentFilter(limit=20), DOOR)
    assert [one.description for one in found].count("消防通道被堵") == 1


def test_the_page_speaks_english(page, faults):
    """By the switch, with all that it says."""
    page.goto(f"/b/{CODE}")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Report a problem")).to_be_visible()
    expect(page.get_by_text("Hazard")).to_be_visible()
    assert faults == []
