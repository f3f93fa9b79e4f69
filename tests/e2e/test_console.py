"""The console in a real browser, against the real service with the demo in it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000


def ask(server: str, path: str) -> Any:
    """Return what the service answers to a program."""
    with urlopen(f"{server}{path}", timeout=30) as answer:  # noqa: S310 - the service under test
        return json.load(answer)


@pytest.fixture(scope="module")
def inside(demo_server: str) -> tuple[float, float]:
    """A point far from the edges of a grid of the finest level."""
    finest = ask(demo_server, "/v1/levels")[-1]["code"]
    grid = ask(demo_server, f"/v1/grids?level={finest}&limit=1")["features"][0]
    lon, lat = grid["properties"]["label_point"]
    return lon, lat


def wait_until_drawn(page: Page) -> None:
    """Wait for the legend to tell the level: it reads it from the grids that the map has drawn."""
    page.locator(".legend__level").wait_for(timeout=PATIENCE_MS)


def test_the_map_is_drawn_from_this_server_alone(page, demo_server):
    """The grids appear; not one request goes to another host, and no page error, warning of policy or 404 occurs."""
    hosts, faults = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("response", lambda response: faults.append(response.url) if response.status >= 400 else None)
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/")
    wait_until_drawn(page)
    assert hosts == {urlsplit(demo_server).netloc}
    assert faults == []


def test_a_click_shows_the_owner_and_its_chain(page, demo_server, inside):
    """What the panel says about a point is what /v1/locate answers for it, root first."""
    lon, lat = inside
    page.goto(f"/#map=16/{lat}/{lon}")
    wait_until_drawn(page)
    page.locator(".maplibregl-canvas").click(position={"x": 640, "y": 374})
    expect(page.locator(".chain__name")).not_to_have_count(0, timeout=PATIENCE_MS)
    point = dict(part.split("=") for part in urlsplit(page.url).fragment.split("&"))["point"].split(",")
    answer = ask(demo_server, f"/v1/locate?lon={point[0]}&lat={point[1]}")
    assert page.locator(".owner__name").inner_text() == answer["owner"]["name"]
    assert page.locator(".chain__name").all_inner_texts() == [grid["name"] for grid in answer["chain"]]


def test_a_grid_of_the_chain_is_brought_into_view(page, inside):
    """A press on the root of the chain outlines it and zooms out from 16."""
    lon, lat = inside
    page.goto(f"/#map=16/{lat}/{lon}&point={lon},{lat}")
    root = page.locator(".chain__button").first
    root.click()
    expect(root).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("Number(location.hash.match(/map=([0-9.]+)/)[1]) < 15", timeout=PATIENCE_MS)


def test_the_mouse_is_told_what_it_is_over(page, inside):
    """Over a grid a card shows its name and code."""
    lon, lat = inside
    page.goto(f"/#map=16/{lat}/{lon}")
    wait_until_drawn(page)
    page.mouse.move(640, 400)
    page.mouse.move(641, 401)
    expect(page.locator(".hover strong")).not_to_be_empty()


def test_the_keyboard_asks_for_the_centre(page, inside):
    """With the map in focus, Enter selects its centre, and Escape gives the panel back."""
    lon, lat = inside
    page.goto(f"/#map=16/{lat}/{lon}")
    wait_until_drawn(page)
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    page.locator(".owner__code").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="这里归哪个网格？")).to_be_visible()


def test_a_point_outside_the_coverage_names_the_nearest_grid(page):
    """Beijing is no part of Kunming: no owner, and a grid to go to."""
    page.goto("/#map=12/39.9/116.4&point=116.4,39.9")
    expect(page.get_by_role("heading", name="不在任何网格内")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".code-button")).to_have_count(1)


def test_a_language_once_chosen_is_kept(page):
    """The switch changes every word at once, the next visit opens in English, and a link decides over both."""
    page.goto("/")
    page.get_by_role("button", name="语言: English").click()
    expect(page.get_by_role("heading", name="Whose ground is this?")).to_be_visible(timeout=PATIENCE_MS)
    page.goto("about:blank")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("about:blank")
    page.goto("/?lang=zh")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_the_theme_follows_the_system_until_one_is_chosen(page):
    """Light by the visitor's system; one press: light by choice; another: dark by choice, on the next visit too."""
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="外观: 跟随系统").click()
    page.get_by_role("button", name="外观: 浅色").click()
    page.goto("about:blank")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_layer_that_is_switched_off_is_not_asked_for(page, inside):
    """Without the incidents no tile of theirs is fetched any more."""
    lon, lat = inside
    page.goto(f"/#map=12/{lat}/{lon}")
    wait_until_drawn(page)
    page.get_by_role("switch", name="事件").uncheck()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="放大").click()
    page.wait_for_function("Number(location.hash.match(/map=([0-9.]+)/)[1]) >= 13", timeout=PATIENCE_MS)
    wait_until_drawn(page)
    assert any("/grids,grid_labels/13/" in url for url in asked)
    assert not any("/incidents/" in url for url in asked)


def test_a_token_that_the_service_does_not_know_is_dropped(page):
    """It leaves the address at once; when the service refuses it, the map goes on as for anyone and says so."""
    page.goto("/#token=made-up")
    expect(page.locator(".toast--warn")).to_contain_text("令牌已失效", timeout=PATIENCE_MS)
    assert "made-up" not in page.url
    assert page.evaluate("sessionStorage.length") == 0
    wait_until_drawn(page)


def test_a_wrong_token_is_refused_in_the_dialog(page):
    """The dialog says so and keeps nothing."""
    page.goto("/")
    page.get_by_role("button", name="设置令牌").click()
    page.get_by_label("令牌", exact=True).fill("made-up")
    page.get_by_role("button", name="使用").click()
    expect(page.get_by_role("alert")).to_have_text("这个令牌无效或已过期。", timeout=PATIENCE_MS)
    assert page.evaluate("sessionStorage.length") == 0


def test_a_service_that_is_away_is_said_and_waited_for(page):
    """While nothing answers, a card says so; when the service is back, one press draws the map."""
    page.route("**/v1/**", lambda route: route.abort())
    page.goto("/")
    expect(page.get_by_role("heading", name="连不上服务")).to_be_visible(timeout=PATIENCE_MS)
    page.unroute("**/v1/**")
    page.get_by_role("button", name="立即重试").click()
    wait_until_drawn(page)


def test_a_service_without_an_edition_says_how_to_begin(page):
    """Before the first publish there is no map; the card names the command that loads the demo."""
    page.route("**/v1/editions", lambda route: route.fulfill(json={"editions": [], "next": None}))
    page.goto("/")
    expect(page.locator(".card__command")).to_have_text("gis-service demo", timeout=PATIENCE_MS)


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
