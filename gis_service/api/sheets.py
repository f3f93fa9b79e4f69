"""Map sheets of a division as PDF and PNG, for everybody."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import partial
from typing import Annotated, Literal
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.dependencies import Work
from gis_service.api.grids import At, EditionNumber, GridCode
from gis_service.api.tile_cache import TileCache
from gis_service.api.tiles import FOREVER, OF_CURRENT, OF_MOVING
from gis_service.sheets.fonts import find_fonts
from gis_service.sheets.words import title_of
from gis_service.use_cases.draw_sheet import SheetForm, SheetState, draw_sheet, find_sheet
from tiles.etag import names_etag

router = APIRouter(tags=["grids"])

DESIGN = 1
"""Raised when sheets begin to look otherwise, so that caches that ask get the new look."""

SHEET_CACHE_BYTES = 32 * 1024 * 1024
"""What a worker may remember of sheets: some hundreds, each of which took seconds to draw."""

SHEETS_AT_A_TIME = 1
"""Drawing is Python through and through: two at a time would only take turns, and hold up the rest."""

MEDIA_TYPES = {"pdf": "application/pdf", "png": "image/png"}

Language = Annotated[Literal["zh", "en"], Query(description="language of the sheet")]
Paper = Annotated[Literal["A4", "A3"], Query(description="size of the paper")]
Orientation = Annotated[
    Literal["portrait", "landscape"] | None, Query(description="the one with the larger scale when left out")
]


@router.get(
    "/v1/grids/{code}/sheet.pdf", response_class=Response, responses={200: {"content": {"application/pdf": {}}}}
)
async def get_sheet_as_pdf(
    request: Request,
    code: GridCode,
    work: Work,
    lang: Language = "zh",
    paper: Paper = "A4",
    orientation: Orientation = None,
    edition: EditionNumber = None,
    at: At = None,
) -> Response:
    """Return the map sheet of a grid, its fonts embedded: the grids right below it, or itself with its buildings."""
    form = SheetForm("pdf", lang, paper, orientation)
    return await _answer(request, code, form, edition, at, work)


@router.get("/v1/grids/{code}/sheet.png", response_class=Response, responses={200: {"content": {"image/png": {}}}})
async def get_sheet_as_png(
    request: Request,
    code: GridCode,
    work: Work,
    lang: Language = "zh",
    paper: Paper = "A4",
    orientation: Orientation = None,
    edition: EditionNumber = None,
    at: At = None,
) -> Response:
    """Return the same sheet as a picture at 150 dots an inch, its pages one below the other."""
    form = SheetForm("png", lang, paper, orientation)
    return await _answer(request, code, form, edition, at, work)


async def _answer(
    request: Request, code: str, form: SheetForm, edition: int | None, at: datetime | None, work: Work
) -> Response:
    state = await to_thread.run_sync(partial(find_sheet, code, edition=edition, at=at, work=work))
    etag = _etag(code, form, state, request.state.attribution)
    headers = {
        "ETag": etag,
        "Cache-Control": f"public, {_lifetime(state, by_number=edition is not None)}",
        "X-Edition": str(state.edition),
    }
    if names_etag(request.headers.get("if-none-match"), etag.removeprefix("W/")):
        return Response(status_code=304, headers=headers)
    drawn_at = datetime.now(request.state.timezone)
    cache: TileCache = request.state.sheet_cache
    draw = partial(_draw, request, code, state, form, drawn_at)
    # The date of drawing stands on the sheet: at midnight a new one is due.
    body = await cache.body((etag, drawn_at.date()), draw)
    name = f"{code}_{title_of(state.name, form.language)}_{state.edition}.{form.form}"
    headers["Content-Disposition"] = (
        f"inline; filename=\"sheet-{code}-{state.edition}.{form.form}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    return Response(body, media_type=MEDIA_TYPES[form.form], headers=headers)


def _draw(request: Request, code: str, state: SheetState, form: SheetForm, drawn_at: datetime) -> bytes:
    return draw_sheet(
        code,
        state.edition,
        form,
        fonts=find_fonts(request.state.sheet_font),
        drawn_at=drawn_at,
        attribution=request.state.attribution,
        work=request.state.open_work(),
    )


def _lifetime(state: SheetState, *, by_number: bool) -> str:
    if state.buildings is not None:
        return OF_MOVING
    return FOREVER if by_number else OF_CURRENT


def _etag(code: str, form: SheetForm, state: SheetState, attribution: str) -> str:
    """Return a weak tag: two workers draw the same sheet with another time of making in the file."""
    key = repr((DESIGN, code, form, state, attribution)).encode()
    return f'W/"{hashlib.blake2b(key, digest_size=15).hexdigest()}"'
