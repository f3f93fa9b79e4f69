"""The console in a real browser, against the real service with the demo in it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

MOST_TURNS = 200
PATIENCE_MS = 30_000
# In the busiest street of the demo, 拓东街道; a year has brought incidents to every grid around.
DOWNTOWN = "map=15/25.05/102.73&point=102.73,25.05"
# Where there is no ground to draw, for what needs none.
AT_SEA = "map=12/0/0"


def ask(server: str, path: str, token: str | None = None) -> Any:
    """Return what the service answers to a program."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = Request(f"{server}{path}", headers=headers)  # noqa: S310 - the service under test
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - the service under test
        return json.load(answer)


@pytest.fixture(scope="module")
def inside(demo_server: str) -> tuple[float, float]:
    """A point far from the edges of a unit grid."""
    grid = ask(demo_server, "/v1/grids?level=unit_grid&limit=1")["features"][0]
    lon, lat = grid["properties"]["label_point"]
    return lon, lat


def wait_until_drawn(page: Page) -> None:
    """Wait for the legend to tell the level: it reads it from the grids that the map has drawn."""
    page.locator(".legend__level").wait_for(timeout=PATIENCE_MS)


def wait_for_zoom(page: Page, condition: str) -> None:
    """Wait until the zoom that the address tells fulfils a condition, such as ``< 15``."""
    page.wait_for_function(f"Number(location.hash.match(/map=([0-9.]+)/)[1]) {condition}", timeout=PATIENCE_MS)


def selected_point(page: Page) -> str:
    """Return the point of the address as a query: ``lon=…&lat=…``."""
    parameters = dict(part.split("=") for part in urlsplit(page.url).fragment.split("&"))
    lon, lat = parameters["point"].split(",")
    return f"lon={lon}&lat={lat}"


def test_a_first_visit_shows_the_district_from_this_server_alone(page, faults, demo_server):
    """The streets with their counts and no single incident; no other host is asked, and nothing goes wrong."""
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto("/#map=10/25.25/102.87")
    wait_until_drawn(page)
    expect(page.locator(".legend")).to_contain_text("街道内的事件起数", timeout=PATIENCE_MS)
    expect(page.locator(".legend")).not_to_contain_text("重大")
    assert hosts == {urlsplit(demo_server).netloc}
    assert faults == []


def test_a_click_reads_the_chain_and_the_chain_leads_to_its_root(page, faults, demo_server, inside):
    """The panel says what /v1/locate answers, four levels or more, root first; a press on the root zooms out."""
    lon, lat = inside
    page.goto(f"/#map=16/{lat}/{lon}")
    wait_until_drawn(page)
    page.locator(".maplibregl-canvas").click()
    expect(page.locator(".chain__name")).not_to_have_count(0, timeout=PATIENCE_MS)
    answer = ask(demo_server, f"/v1/locate?{selected_point(page)}")
    assert page.locator(".owner__name").inner_text() == answer["owner"]["name"]
    assert page.locator(".chain__name").all_inner_texts() == [grid["name"] for grid in answer["chain"]]
    assert len(answer["chain"]) >= 4
    root = page.locator(".chain__button").first
    root.click()
    expect(root).to_have_attribute("aria-pressed", "true")
    wait_for_zoom(page, "< 12")
    assert faults == []


def test_mouse_and_keyboard_are_answered(page, faults, inside):
    """Over a grid a card names it; in the map Enter selects the centre, and Escape gives the panel back."""
    lon, lat = inside
    page.goto(f"/#map=16/{lat}/{lon}")
    wait_until_drawn(page)
    page.locator(".maplibregl-canvas").hover()
    expect(page.locator(".hover strong")).not_to_be_empty()
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    page.locator(".owner__code").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="这里归哪个网格？")).to_be_visible()
    assert faults == []


def test_a_dispatcher_sees_each_incident(page, faults, demo_server, demo_tokens):
    """With a good token, gone from the address at once: points by severity, no counts, and the grid's newest five."""
    page.goto(f"/#{DOWNTOWN}&token={demo_tokens['dispatcher']}")
    assert "token" not in page.url
    expect(page.locator(".legend")).to_contain_text("重大", timeout=PATIENCE_MS)
    expect(page.locator(".legend")).not_to_contain_text("事件起数")
    page.locator(".incident").first.wait_for(timeout=PATIENCE_MS)
    owner = ask(demo_server, f"/v1/locate?{selected_point(page)}")["owner"]["code"]
    newest = ask(demo_server, f"/v1/incidents?grid={owner}&limit=5", demo_tokens["dispatcher"])["incidents"]
    assert page.locator(".incident__text").all_inner_texts() == [incident["description"] for incident in newest]
    assert faults == []


def test_a_point_outside_the_coverage_names_the_nearest_grid(page, faults):
    """Beijing is no part of Kunming: no owner, and a grid to go to."""
    page.goto("/#map=12/39.9/116.4&point=116.4,39.9")
    expect(page.get_by_role("heading", name="不在任何网格内")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".code-button")).to_have_count(1)
    assert faults == []


def test_language_and_theme_are_kept_once_chosen(page, faults):
    """A first visit is Chinese and as light as the system; what is switched stays; a link decides the language."""
    html = page.locator("html")
    page.goto(f"/#{AT_SEA}")
    expect(html).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="外观: 跟随系统").click()
    page.get_by_role("button", name="外观: 浅色").click()
    page.get_by_role("button", name="语言: English").click()
    expect(page.get_by_role("heading", name="Whose ground is this?")).to_be_visible(timeout=PATIENCE_MS)
    page.goto("about:blank")
    page.goto(f"/#{AT_SEA}")
    expect(html).to_have_attribute("lang", "en")
    expect(html).to_have_attribute("data-theme", "dark")
    page.goto("about:blank")
    page.goto(f"/?lang=zh#{AT_SEA}")
    expect(html).to_have_attribute("lang", "zh-CN")
    assert faults == []


def test_a_layer_that_is_switched_off_is_not_asked_for(page, faults, inside):
    """Without the incidents no tile of theirs is fetched any more."""
    lon, lat = inside
    page.goto(f"/#map=12/{lat}/{lon}")
    wait_until_drawn(page)
    page.get_by_role("switch", name="事件").uncheck()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="放大").click()
    wait_for_zoom(page, ">= 13")
    wait_until_drawn(page)
    assert any("/grids,grid_labels/13/" in url for url in asked)
    assert not any("/incidents/" in url for url in asked)
    assert faults == []


def test_a_bad_token_is_dropped_and_refused(page):
    """From a link it leaves the address, and the page says that it is used no more; the dialog keeps none either."""
    page.goto("/#token=made-up")
    expect(page.locator(".toast--warn")).to_contain_text("令牌已失效", timeout=PATIENCE_MS)
    assert "made-up" not in page.url
    page.get_by_role("button", name="设置令牌").click()
    page.get_by_label("令牌", exact=True).fill("made-up")
    page.get_by_role("button", name="使用").click()
    expect(page.get_by_role("alert")).to_have_text("这个令牌无效或已过期。", timeout=PATIENCE_MS)
    assert page.evaluate("sessionStorage.length") == 0


def test_a_service_that_is_away_or_empty_is_said_and_waited_for(page):
    """A card while nothing answers, another before the first publish; when there is an edition, the map."""
    page.route("**/v1/**", lambda route: route.abort())
    page.goto("/")
    expect(page.get_by_role("heading", name="连不上服务")).to_be_visible(timeout=PATIENCE_MS)
    page.unroute("**/v1/**")
    page.route("**/v1/editions*", lambda route: route.fulfill(json={"editions": [], "next": None}))
    page.get_by_role("button", name="立即重试").click()
    expect(page.locator(".card__command")).to_have_text("gis-service demo", timeout=PATIENCE_MS)
    page.unroute("**/v1/editions*")
    page.get_by_role("button", name="立即重试").click()
    wait_until_drawn(page)


def test_the_page_fits_a_telephone(browser: Browser, demo_server, inside):
    """On 360 by 640 nothing sticks out to the side, and the owner, its code and the map are all in view."""
    lon, lat = inside
    context = browser.new_context(base_url=demo_server, viewport={"width": 360, "height": 640}, has_touch=True)
    page = context.new_page()
    page.goto(f"/#map=16/{lat}/{lon}&point={lon},{lat}")
    page.locator(".owner__code").wait_for(timeout=PATIENCE_MS)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    panel = page.locator(".owner").bounding_box()
    assert panel is not None
    assert (panel["width"], panel["y"] + panel["height"]) == (360, 640)
    assert panel["y"] > 640 / 3
    context.close()


def test_the_api_can_be_read_at_docs(page, faults, demo_server):
    """A link of the console leads there; every operation is listed, from this server alone."""
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(f"/#{AT_SEA}")
    page.get_by_role("link", name="API").click()
    page.locator(".opblock-summary-path").first.wait_for(timeout=PATIENCE_MS)
    paths = ask(demo_server, "/openapi.json")["paths"]
    # A long list is drawn where one looks: what is seen on the way down is all there is.
    seen, turns = set(), 0
    while len(seen) < sum(len(operations) for operations in paths.values()) and turns < MOST_TURNS:
        seen |= set(page.locator(".opblock").evaluate_all("blocks => blocks.map(block => block.id)"))
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(50)
        turns += 1
    assert len(seen) == sum(len(operations) for operations in paths.values())
    assert hosts == {urlsplit(demo_server).netloc}
    assert faults == []
