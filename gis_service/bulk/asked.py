"""What is asked of a file of points, and how refusals to read it are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from gis_service.errors import RuleBrokenError

BATCH = 131_072
"""Rows that are read, looked up and written at once: some tens of megabytes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to read points and what to do with the columns; None is found out.

    ``lon`` and ``lat`` name columns; ``crs`` is one of ``KNOWN_CRS``; ``layer`` is that of a vector file.
    """

    lon: str | None = None
    lat: str | None = None
    crs: str | None = None
    layer: str | None = None
    overwrite_columns: bool = False
    strict: bool = False


class BadRowsError(RuleBrokenError):
    """A row has no usable coordinates, and all were asked to have them."""

    code = "bad-rows"


@contextmanager
def telling_of(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is read into a refusal.

    Raises:
        RuleBrokenError: the file has gone, is damaged, or cannot be read.
    """
    try:
        yield
    except FileNotFoundError:
        raise RuleBrokenError(f"There is no file {path}.", code="unreadable-file") from None
    except (pa.ArrowException, OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or str(error)
        reason = " ".join((said or "it is damaged").split()).rstrip(".")
        raise RuleBrokenError(f"{path} is not readable: {reason}.", code="unreadable-file") from None
