"""A file of buildings, sent as it is or in a form: looked through, and stored."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.media_types import media_type_of
from gis_service.api.multipart import MULTIPART, read_named_file
from gis_service.domain.access import Principal
from gis_service.errors import InputFault, RuleBrokenError, ServiceError
from gis_service.files.building_files import SUFFIXES
from gis_service.files.upload_refusals import complete_refusal
from gis_service.files.uploads import LEAST_BYTES
from gis_service.files.uploads import MEDIA_TYPES as VECTOR_TYPES
from gis_service.use_cases.check_building_file import Demands
from gis_service.use_cases.import_buildings import BuildingImport, ImportedBuildings, import_buildings
from gis_service.use_cases.read_building_file import Reading

router = APIRouter(tags=["buildings"])

MEDIA_TYPES = {
    **VECTOR_TYPES,
    "text/csv": ".csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
MOST_TIMES = 20
"""How many times its size a packed file may unpack to: a workbook is XML, which packs well."""
MOST_REMARKS = 1_000
MOST_FAULTS = 100

_FILE = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"schema": {"type": "object", "properties": {"file": _FILE["schema"]}, "required": ["file"]}}
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {**dict.fromkeys(MEDIA_TYPES, _FILE), MULTIPART: _FORM}}
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    201: {"description": "Stored.", "content": {"application/json": {}}},
    200: {"description": "Looked through: nothing is stored.", "content": {"application/json": {}}},
}
_PAIR = re.compile(r"([a-z_]{1,32})=(.{0,200})", re.DOTALL)


class ImportQuery(BaseModel):
    """How the file is read, and what a row has to be."""

    model_config = ConfigDict(extra="forbid")

    map: list[str] = Field(
        default=[], max_length=20, description="code=楼栋编码: the heading of a column; once for each"
    )
    layer: str | None = Field(default=None, max_length=200, description="layer, sheet or Shapefile; else the first")
    crs: str | None = Field(default=None, max_length=200, description="what coordinates are in: EPSG:4490, gcj02, …")
    near_m: float = Field(default=3.0, ge=0, le=100, description="so near another one it is the same; 0: never")
    county: str | None = Field(
        default=None, pattern="^[0-9]{6}$", description="who issues codes where no grid says it"
    )
    good_only: bool = Field(default=False, description="leave rows with errors out; else one keeps all out")
    dry_run: bool = Field(default=False, description="look through the file, store nothing")


async def read_sent_file(request: Request) -> tuple[str, bytes]:
    """Return the ending of the format that the request names, and the file; another format is a 415."""
    given = media_type_of(request)
    if given == MULTIPART:
        name, content = read_named_file(await request.body(), request.headers["content-type"])
        suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
        if suffix not in SUFFIXES:
            raise HTTPException(415, f"the name of the file must end in one of {', '.join(SUFFIXES)}")
        return suffix, content
    if given not in MEDIA_TYPES:
        known = ", ".join((*MEDIA_TYPES, MULTIPART))
        raise HTTPException(415, f"the Content-Type must be one of {known}; it is {given or 'missing'}")
    return MEDIA_TYPES[given], await request.body()


@router.post(
    "/v1/buildings/import", status_code=201, response_class=Response, responses=_ANSWERS, openapi_extra=_BODY
)
def post_buildings(
    principal: Annotated[Principal, Depends(require("planner"))],
    asked: Annotated[ImportQuery, Query()],
    sent: Annotated[tuple[str, bytes], Depends(read_sent_file)],
    work: Work,
) -> Response:
    """Store the buildings of a file; the answer is a report by row. Broken off, it goes on when sent again."""
    suffix, body = sent
    wanted = BuildingImport(
        Reading(_mapping(asked.map), asked.layer, asked.crs),
        Demands(near_m=asked.near_m, county=asked.county, crs_is_certain=asked.crs is not None),
        good_only=asked.good_only,
        dry_run=asked.dry_run,
        most_bytes=max(LEAST_BYTES, MOST_TIMES * len(body)),
    )
    with tempfile.TemporaryDirectory(prefix="gis-upload-") as folder:
        path = Path(folder) / f"upload{suffix}"
        path.write_bytes(body)
        try:
            done = import_buildings(path, wanted, principal, work)
        except RecursionError:
            raise RuleBrokenError("the file is nested too deeply", code="unreadable-file") from None
        except ServiceError as error:
            error.detail = error.detail.replace(str(path), "the file").replace(folder, "")
            complete_refusal(error)
            raise
    if done.is_refused and not asked.dry_run:
        raise _refusal(done)
    told = {"dry_run": asked.dry_run, "refused": done.is_refused, **done.as_dict(MOST_REMARKS)}
    return Response(orjson.dumps(told), 200 if asked.dry_run else 201, media_type="application/json")


def _mapping(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        match = _PAIR.fullmatch(pair)
        if match is None:
            sentence = f"{pair[:80]!r} is not like code=楼栋编码"
            raise RuleBrokenError(sentence, faults=[InputFault("map", sentence)])
        found[match[1]] = match[2].strip()
    return found


def _refusal(done: ImportedBuildings) -> RuleBrokenError:
    report = done.as_dict(MOST_REMARKS)
    wrong = [remark for remark in report["remarks"] if remark["severity"] == "error"][:MOST_FAULTS]
    faults = [InputFault(f"/{remark['row']}/{remark.get('column', '')}", remark["message"]) for remark in wrong]
    return RuleBrokenError(
        f"{report['rows_with_errors']} of {report['rows']} rows have errors, and nothing is stored; correct them, or "
        "leave them out with good_only=true. 部分行有误，未写入任何数据。",
        code="broken-rows",
        faults=faults,
        members={"report": report},
    )
