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
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


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
        _refuse_no_range(request.headers.get("range", ""), found.st_size)
    return answer


archive_routes: list[Route] = [HotRoute("/tiles/archives/{name}", get_archive, methods=["GET", "HEAD"])]


def _refuse_no_range(asked: str, size: int) -> None:
    """Refuse a single range with no byte of the file in it (RFC 9110, 14.1.2 and 15.5.17)."""
    one = _ONE_RANGE.fullmatch(asked)
    if one is None:
        return
    first, last = one.groups()
    empty = int(first) >= size or (last != "" and int(last) < int(first)) if first else int(last or 0) == 0
    if empty:
        raise HTTPException(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"the file has {size} bytes, and none of them is in the range",
            headers={"Content-Range": f"bytes */{size}"},
        )


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
