"""Door plates to print: a QR code, the code in groups and the address."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.grids import GridCode
from gis_service.api.schemas_incidents import storable, with_words
from gis_service.api.tile_cache import TileCache
from gis_service.domain.access import Principal
from gis_service.sheets.fonts import find_fonts
from gis_service.use_cases.draw_plates import PlateForm, draw_plate, draw_plates, find_plate, find_plates
from tiles.etag import names_etag

router = APIRouter(tags=["buildings"])

DESIGN = 1
"""Raised when plates begin to look otherwise, so that caches that ask get the new look."""

KEPT = "public, max-age=300"
MEDIA_TYPES: dict[PlateForm, str] = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}

TypedCode = Annotated[
    str,
    Path(
        max_length=100,
        description="building code, alias (scheme:alias), or building code, hyphen and label of a door",
        examples=["5301030004521Y"],
    ),
    AfterValidator(storable),
    AfterValidator(with_words),
]
EntranceLabel = Annotated[
    str | None,
    Query(max_length=100, description="label of a door; the building as a whole when left out"),
    AfterValidator(lambda given: given if given is None else with_words(storable(given))),
]


def _shown(form: PlateForm) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {MEDIA_TYPES[form]: {}}}, 304: {"description": "The caller has it."}}


@router.get("/v1/buildings/{code}/plate.svg", response_class=Response, responses=_shown("svg"))
async def get_plate_as_svg(request: Request, code: TypedCode, work: Work, entrance: EntranceLabel = None) -> Response:
    """Return the plate of a building or of a door as a drawing without fonts: its letters are outlines."""
    return await _answer(request, code, entrance, "svg", work)


@router.get("/v1/buildings/{code}/plate.png", response_class=Response, responses=_shown("png"))
async def get_plate_as_png(request: Request, code: TypedCode, work: Work, entrance: EntranceLabel = None) -> Response:
    """Return the same plate as a picture at 300 dots an inch."""
    return await _answer(request, code, entrance, "png", work)


@router.get("/v1/buildings/{code}/plate.pdf", response_class=Response, responses=_shown("pdf"))
async def get_plate_as_pdf(request: Request, code: TypedCode, work: Work, entrance: EntranceLabel = None) -> Response:
    """Return the same plate as a page of its own size, 95 by 66 mm."""
    return await _answer(request, code, entrance, "pdf", work)


@router.get(
    "/v1/grids/{code}/plates.pdf", response_class=Response, responses={200: {"content": {"application/pdf": {}}}}
)
def get_plates_of_grid(
    request: Request,
    principal: Annotated[Principal, Depends(require("worker", "router", "dispatcher", "planner"))],
    code: GridCode,
    work: Work,
) -> Response:
    """Return A4 pages, eight plates each, of all doors on the ground of a grid of the caller's scope."""
    grid = find_plates(code, work, principal=principal)
    body = draw_plates(grid, public_url=request.state.public_url, fonts=find_fonts(request.state.sheet_font))
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": f'inline; filename="plates-{code}.pdf"'}
    return Response(body, media_type="application/pdf", headers=headers)


async def _answer(request: Request, code: str, entrance: str | None, form: PlateForm, work: Work) -> Response:
    plate = await to_thread.run_sync(find_plate, code, entrance, work)
    public_url: str = request.state.public_url
    tag = hashlib.blake2b(repr((DESIGN, form, plate, public_url)).encode(), digest_size=15).hexdigest()
    headers = {"ETag": f'W/"{tag}"', "Cache-Control": KEPT}
    if names_etag(request.headers.get("if-none-match"), f'"{tag}"'):
        return Response(status_code=304, headers=headers)
    # Shared with map sheets: drawing is Python through and through, and goes one by one.
    cache: TileCache = request.state.sheet_cache
    font = request.state.sheet_font

    def draw() -> bytes:
        return draw_plate(plate, form, public_url=public_url, fonts=find_fonts(font))

    body = await cache.body(("plate", tag), draw)
    headers["Content-Disposition"] = f'inline; filename="plate-{tag[:8]}.{form}"'
    return Response(body, media_type=MEDIA_TYPES[form], headers=headers)
