"""A headless Chromium: Debian's, with WebGL drawn by the processor."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu",
    "--disable-background-networking",
]
# The processor draws the map, and on a busy machine takes seconds for it.
PATIENCE_MS = 30_000


# For a module only: while Playwright runs, its event loop does too, and no other test could start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, demo_server: str) -> Iterator[BrowserContext]:
    """A visitor who has never been here: nothing remembered, a small screen, and no wish for moving maps."""
    context = browser.new_context(
        base_url=demo_server,
        viewport={"width": 1024, "height": 640},
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(visitor: BrowserContext) -> Page:
    """An empty tab of the visitor."""
    return visitor.new_page()


@pytest.fixture
def faults(page: Page) -> list[str]:
    """What goes wrong in the tab from now on: errors, warnings of policy, refused and failed requests.

    A request that the page itself gives up, as the map does with tiles that it has moved past, is no fault.
    """
    noted: list[str] = []

    def note_failure(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            noted.append(f"{request.failure} {request.url}")

    page.on("pageerror", lambda error: noted.append(str(error)))
    page.on("console", lambda message: noted.append(message.text) if message.type == "error" else None)
    page.on(
        "response", lambda answer: noted.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
    )
    page.on("requestfailed", note_failure)
    return noted
