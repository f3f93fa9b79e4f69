"""What a route may ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gis_service.api.media_types import NDJSON, is_json, media_type_of, must_be_json
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Bounds
from gis_service.errors import InputFault, RuleBrokenError


async def open_work(request: Request) -> UnitOfWork:
    """Return a transaction not yet begun; async, so that it takes no worker thread."""
    work: UnitOfWork = request.state.open_work()
    return work


async def read_body(request: Request) -> bytes:
    """Return the whole body; its size is bounded before it comes here."""
    return await request.body()


async def read_json_body(request: Request) -> bytes:
    """Return the whole body, which may say that it is JSON or nothing; another type is a 415."""
    given = media_type_of(request)
    if given and not is_json(given):
        raise HTTPException(415, must_be_json(given))
    return await request.body()


async def read_json_or_lines(request: Request) -> bytes | None:
    """Return the whole body as ``read_json_body`` does; None for lines of JSON, which are not read yet."""
    return None if media_type_of(request) == NDJSON else await read_json_body(request)


async def parse_bbox(
    bbox: Annotated[
        str | None, Query(description="west,south,east,north in degrees", examples=["102.6,25,102.8,25.1"])
    ] = None,
) -> Bounds | None:
    """Return the box of a request, or None when it names none."""
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        raise _bad_bbox("must be four numbers: west,south,east,north") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        raise _bad_bbox("must be in degrees, west <= east and south <= north; longitude first")
    return west, south, east, north


def _bad_bbox(sentence: str) -> RuleBrokenError:
    return RuleBrokenError(f"bbox {sentence}", faults=[InputFault("bbox", sentence)])


Work = Annotated[UnitOfWork, Depends(open_work)]
Body = Annotated[bytes, Depends(read_body)]
JsonBody = Annotated[bytes, Depends(read_json_body)]
JsonOrLines = Annotated[bytes | None, Depends(read_json_or_lines)]
Box = Annotated[Bounds | None, Depends(parse_bbox)]
