"""Points as pairs of little-endian float64, answered by one int32 each."""

from __future__ import annotations

import numpy as np
from starlette.requests import Request

from gis_service.domain.coordinates import points_in_wgs84
from gis_service.errors import InputFault, RuleBrokenError, TooLargeError
from gis_service.use_cases.locate_batch import BatchGround

POINT_BYTES = 16


async def read_pairs(request: Request, most_points: int) -> bytes:
    """Return the pairs of a body.

    Raises:
        TooLargeError: there are too many, code ``too-many-points``; raised as soon as that is known.
        RuleBrokenError: the last one is not whole.
        ClientDisconnect: the client has left.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit():
        check_count(int(announced) // POINT_BYTES, most_points)
    pieces, size = [], 0
    async for piece in request.stream():
        pieces.append(piece)
        size += len(piece)
        check_count(size // POINT_BYTES, most_points)
    if size % POINT_BYTES:
        sentence = f"the body has {size} bytes; each point takes {POINT_BYTES}: two little-endian float64"
        raise RuleBrokenError(sentence, faults=[InputFault("", sentence)])
    return b"".join(pieces)


def answer_pairs(pairs: bytes, crs: str, ground: BatchGround) -> bytes:
    """Return the owner of each pair, in input order: an index into the codes of the edition, -1 for none.

    Raises:
        RuleBrokenError: a point is no place on earth.
        UnavailableError: the database is asked and does not answer.
    """
    degrees = np.frombuffer(pairs, dtype="<f8").reshape(-1, 2)
    lons, lats = (np.ascontiguousarray(degrees[:, axis], dtype=np.float64) for axis in (0, 1))
    lons, lats = points_in_wgs84(lons, lats, crs, pointers=("", ""))
    return ground.owners_of(lons, lats).astype("<i4", copy=False).tobytes()


def check_count(count: int, most_points: int) -> None:
    """Refuse a batch of too many points.

    Raises:
        TooLargeError: code ``too-many-points``.
    """
    if count > most_points:
        sentence = (
            f"{count} points are more than the {most_points} that one batch takes; send them in parts, or as a stream"
        )
        raise TooLargeError(sentence, code="too-many-points")
