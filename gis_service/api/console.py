"""The web console: its page and its files, as ``npm run build`` lays them in ``gis_service/console/dist``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike, stat_result
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gis_service.api.content_coding import Coding, choose_coding

DIST = Path(__file__).resolve().parent.parent / "console" / "dist"

# Scripts, styles and the map's worker come from here alone; there is no inline script or style.  MapLibre's style
# sheet holds its signs as data: images, and the map reads pictures it drew itself as blob: images.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Swagger UI sets styles on its elements.
DOCS_SECURITY_POLICY = CONTENT_SECURITY_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# File names carry a hash of their content: another content is another address.
IMMUTABLE = "public, max-age=31536000, immutable"
# What the build lays beside a text.
SUFFIXES: Mapping[Coding, str] = {"br": ".br", "gzip": ".gz", "identity": ""}
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

NOT_BUILT = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>网格底座 · gis-service</title>
<h1>控制台还没有构建</h1>
<p>请在项目目录运行 <code>make setup</code>，然后刷新本页。
接口已经可用，说明见 <a href="openapi.json">/openapi.json</a>。</p>
<hr>
<h1 lang="en">The console has not been built</h1>
<p lang="en">Run <code>make setup</code> in the project's folder, then reload this page.
The API works already; it is described at <a href="openapi.json">/openapi.json</a>.</p>
</html>
"""


class ConsoleAssets(StaticFiles):
    """Serves the hashed files of the build for ever, compressed where the build laid a compressed one beside."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)

    async def check_config(self) -> None:
        """Let a missing folder be: without a build each file is simply not found."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file; a request that takes br or gzip gets the compressed one under the same name."""
        path = Path(full_path)
        served, encoding = _find_compressed(path, Headers(scope=scope))
        served_stat = stat_result if encoding is None else served.stat()
        response = super().file_response(served, served_stat, scope, status_code)
        if encoding is not None:
            response.headers["Content-Encoding"] = encoding
        response.headers["Content-Type"] = _media_type(path)
        response.headers["Cache-Control"] = IMMUTABLE
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["X-Content-Type-Options"] = "nosniff"
        # A script that runs beside the page, as the map's does, obeys what its own answer says.
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response


def _find_compressed(path: Path, headers: Headers) -> tuple[Path, str | None]:
    """Return the compressed neighbour of a file that the request takes best, or the file itself and None."""
    coding = choose_coding(headers.get("accept-encoding"))
    compressed = path.with_name(path.name + SUFFIXES[coding])
    return (compressed, coding) if coding != "identity" and compressed.is_file() else (path, None)


def _media_type(path: Path) -> str:
    """Return the media type by the name without the compression: not all systems know ``.mjs``."""
    return MEDIA_TYPES.get(path.suffix, "application/octet-stream")


def make_console_routes(dist: Path) -> list[BaseRoute]:
    """Return the routes of the pages and of ``/assets/…``; ``dist`` may be built while the service runs."""

    def show(name: str, policy: str) -> Callable[[Request], Response]:
        page = dist / name
        headers = PAGE_HEADERS | {"Content-Security-Policy": policy}

        def show_page(_request: Request) -> Response:
            if not page.is_file():
                return HTMLResponse(NOT_BUILT, headers=headers)
            return FileResponse(page, media_type="text/html", headers=headers)

        return show_page

    return [
        Route("/", show("index.html", CONTENT_SECURITY_POLICY), include_in_schema=False),
        Route("/docs", show("docs.html", DOCS_SECURITY_POLICY), include_in_schema=False),
        Mount("/assets", ConsoleAssets(dist / "assets"), name="console-assets"),
    ]


console_routes = make_console_routes(DIST)
