"""A file that somebody sends: read from a temporary place of its own, which goes whatever happens."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gis_service.domain.level import Level
from gis_service.errors import RuleBrokenError, ServiceError
from gis_service.files.grid_fields import FieldMapping, FileGrids, read_grids
from gis_service.files.upload_refusals import complete_refusal
from gis_service.files.vector_files import convert_to_degrees, read_vector_file

MEDIA_TYPES = {
    "application/geo+json": ".geojson",
    "application/json": ".geojson",
    "application/geopackage+sqlite3": ".gpkg",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/vnd.apache.parquet": ".parquet",
}
"""The ending of a file by the media type under which it comes; browsers on Windows call a .zip x-zip-compressed."""

MOST_TIMES = 8
"""How many times its size a packed file may unpack to: attributes of a Shapefile are mostly blanks."""
LEAST_BYTES = 64 * 1024**2
"""What any file may unpack to, however small it is."""

_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


def read_upload(
    body: bytes, suffix: str, fields: FieldMapping, levels: Sequence[Level], *, layer: str | None, crs: str | None
) -> FileGrids:
    """Return the grids of a file that was sent, in degrees.

    Args:
        body: the file.
        suffix: its format, as an ending of ``MEDIA_TYPES``.
        fields: which field holds what.
        levels: those in use.
        layer: which layer of a GeoPackage, or which Shapefile of a .zip.
        crs: the system of a file that does not say its own.

    Raises:
        ServiceError: what reading a file refuses; its sentences name parameters instead of options, and no folder of
            ours; ``faults`` and ``message_zh`` as in ``upload_refusals``.
    """
    with tempfile.TemporaryDirectory(prefix="gis-upload-") as folder:
        path = Path(folder) / f"upload{suffix}"
        path.write_bytes(body)
        try:
            return _read(path, fields, levels, layer=layer, crs=crs, size=len(body))
        except ServiceError as error:
            told = error.detail.replace(str(path), "the file").replace(folder, "")
            error.detail = _OPTION.sub(lambda option: option[1].replace("-", "_"), told)
            complete_refusal(error)
            raise


def _read(
    path: Path, fields: FieldMapping, levels: Sequence[Level], *, layer: str | None, crs: str | None, size: int
) -> FileGrids:
    try:
        file = read_vector_file(path, layer, crs=crs, most_bytes=max(LEAST_BYTES, MOST_TIMES * size))
        (file,), _ = convert_to_degrees([file])
        return read_grids(file, fields, levels)
    except RecursionError:
        raise RuleBrokenError(
            f"{path} is not readable: its contents are nested too deeply.", code="unreadable-file"
        ) from None
