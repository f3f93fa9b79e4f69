"""A headless Chromium: Debian's, with WebGL drawn by the processor."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
    """A visitor who has never been here: nothing remembered, a screen of 1280 by 800."""
    context = browser.new_context(base_url=demo_server, viewport={"width": 1280, "height": 800}, color_scheme="light")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(visitor: BrowserContext) -> Page:
    """An empty tab of the visitor."""
    return visitor.new_page()
