"""Many rows at once, by COPY: neither statements are built for them nor values bound one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from typing import Any, TypeAlias, cast

import numpy as np
import orjson
import psycopg2
import shapely
from numpy.typing import NDArray
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class, whatever psycopg2 writes
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Table, exc
from sqlalchemy.orm import Session

from gis_service.database.tables import SRID

Shapes: TypeAlias = Sequence[BaseGeometry] | NDArray[np.object_]

_ROWS = 5_000
"""Rows of one COPY; some ten megabytes of text."""

_POLYGON = 3
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def copy_rows(session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows to a table, in the transaction of a session.

    Values are None, booleans, numbers, bytes, mappings (as JSON) and text; geometries, ranges and all else as the
    text that PostgreSQL reads.

    Raises:
        SQLAlchemyError: what the database refuses, as a statement of the session would.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    connection = cast("Connection", session.connection().connection.driver_connection)
    with connection.cursor() as cursor:
        written = statement.as_string(cursor)
        for text in _texts(rows):
            try:
                cursor.copy_expert(written, text)
            except psycopg2.Error as error:
                raise exc.DBAPIError.instance(written, None, error, psycopg2.Error) from error


def shape_texts(shapes: Shapes) -> list[str]:
    """Return geometries as COPY writes them, bit for bit."""
    array = np.empty(len(shapes), dtype=np.object_)
    array[:] = list(shapes)
    return list(shapely.to_wkb(shapely.set_srid(array, SRID), hex=True, include_srid=True))


def multipolygon_texts(shapes: Shapes) -> list[str]:
    """Return polygons and multipolygons for a MULTIPOLYGON column."""
    array = np.empty(len(shapes), dtype=np.object_)
    array[:] = list(shapes)
    single = np.flatnonzero(shapely.get_type_id(array) == _POLYGON)
    array[single] = shapely.multipolygons(array[single], indices=np.arange(len(single)))
    return shape_texts(list(array))


def _texts(rows: Iterable[Sequence[Any]]) -> Iterator[StringIO]:
    left = iter(rows)
    while some := list(islice(left, _ROWS)):
        yield StringIO("".join("\t".join(map(_text, row)) + "\n" for row in some))


def _text(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, Mapping):
        value = orjson.dumps(dict(value)).decode()
    return str(value).translate(_ESCAPES)
