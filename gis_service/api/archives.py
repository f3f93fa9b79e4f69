"""Archives of tiles as files that are read in pieces: what lies in ``GIS_HOME/archives``."""

from __future__ import annotations

import re
import stat
from http import HTTPStatus
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gis_service.api.hot import HotRoute
from gis_service.errors import NotFoundError
from tiles.etag import names_etag

MEDIA_TYPES = {".pmtiles": "application/vnd.pmtiles", ".mbtiles": "application/vnd.sqlite3"}
LIFETIME = "public, max-age=300"
"""A name may come to hold another file; who reads in pieces sees it by the ETag."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(?:pm|mb)tiles", re.ASCII)  # no hidden file, no other folder
_RANGE = r"[ \t]*(?:\d{0,18}-\d{0,18}[ \t]*)?"
_RANGES = re.compile(rf"bytes=({_RANGE}(?:,{_RANGE})*)", re.ASCII | re.IGNORECASE)


async def get_archive(request: Request) -> Response:
    """Answer a file, or the range of it that is asked for; everyone may: it holds what everyone sees."""
    name = request.path_params["name"]
    path: Path = request.state.archives / name
    missing = NotFoundError(f"there is no archive {name!r}; gis-service tiles export makes one", code="no-archive")
    if not _NAME.fullmatch(name):
        raise missing
    try:
        found = await to_thread.run_sync(path.stat)
    except OSError:
        raise missing from None
    if not stat.S_ISREG(found.st_mode):
        raise missing
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": LIFETIME}
    answer = FileResponse(path, headers=headers, media_type=MEDIA_TYPES[path.suffix], stat_result=found)
    if names_etag(request.headers.get("if-none-match"), answer.headers["etag"]):
        return Response(status_code=304, headers=headers | {"ETag": answer.headers["etag"]})
    if request.headers.get("if-range") in {None, answer.headers["etag"], answer.headers["last-modified"]}:
        _keep_ranges_with_bytes(request, found.st_size)
    return answer


archive_routes: list[Route] = [HotRoute("/tiles/archives/{name}", get_archive, methods=["GET", "HEAD"])]


def _keep_ranges_with_bytes(request: Request, size: int) -> None:
    """Leave in the request those ranges that hold bytes of the file; what is no list of ranges is passed over.

    Raises:
        HTTPException: 416, when ranges are asked for and none holds a byte.

    Source:
        RFC 9110, 14.1.2, 14.2 and 15.5.17.
    """
    asked = _RANGES.fullmatch(request.headers.get("range", ""))
    written = [] if asked is None else [part.strip() for part in asked[1].split(",") if part.strip()]
    kept = [one for one in written if _holds_bytes(one, size)]
    if written and not kept:
        raise HTTPException(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"the file has {size} bytes, and none of them is in a range asked for",
            headers={"Content-Range": f"bytes */{size}"},
        )
    # The response reads the header itself, and would refuse with a bare text what is left out here.
    others = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
    request.scope["headers"] = [*others, (b"range", f"bytes={','.join(kept)}".encode())] if kept else others


def _holds_bytes(one: str, size: int) -> bool:
    first, _, last = one.partition("-")
    if not first:
        return int(last or 0) > 0 < size
    return int(first) < size and (not last or int(first) <= int(last))


_BYTES = {"schema": {"type": "string", "format": "binary"}}

ARCHIVE_OPENAPI_PATHS: dict[str, Any] = {
    "/tiles/archives/{name}": {
        "get": {
            "tags": ["tiles"],
            "operationId": "get_archive",
            "summary": "An archive of tiles, whole or a range of it.",
            "description": "PMTiles are read in ranges by map clients; `gis-service tiles export` makes them.",
            "security": [{}],
            "parameters": [
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "pattern": f"^{_NAME.pattern}$"},
                    "description": "Name of the file in GIS_HOME/archives.",
                    "example": "panlong.pmtiles",
                },
                *(
                    {
                        "name": name,
                        "in": "header",
                        "required": False,
                        "schema": {"type": "string"},
                        "description": told,
                    }
                    for name, told in (
                        ("Range", "The bytes wanted, such as bytes=0-16383."),
                        ("If-Range", "The ETag that the range is of; of another file the whole is answered."),
                        ("If-None-Match", "The ETag of what the caller has."),
                    )
                ),
            ],
            "responses": {
                str(status): {"description": told, "content": dict.fromkeys(MEDIA_TYPES.values(), _BYTES)}
                for status, told in ((200, "The whole file."), (206, "The range."))
            }
            | {"304": {"description": "The caller has it already."}},
        }
    }
}
