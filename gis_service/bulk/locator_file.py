"""A locator as a file: written whole, mapped into memory."""

from __future__ import annotations

import mmap
from pathlib import Path

from gis_service.bulk.asked import telling_of
from gis_service.bulk.ownership import Ownership
from gis_service.errors import RuleBrokenError
from gis_service.files.written_whole import write_whole
from grid_boundaries.locate.format import FormatError, unpack


def digest_of(ownership: Ownership) -> str:
    """Return the hash that a locator file holds: of the shapes, the codes, the levels and the edition."""
    pieces = ownership.packed()
    next(pieces)
    return bytes(next(pieces)).hex()


def write_locator(path: Path, ownership: Ownership) -> None:
    """Write a locator file.

    Raises:
        RuleBrokenError: there is no such directory, or writing fails.
    """

    def write(beside: Path) -> None:
        with beside.open("wb") as file:
            file.writelines(ownership.packed())

    write_whole(path, write)


def open_locator(path: Path) -> Ownership:
    """Return the locator of a file, which stays mapped; the system keeps one copy for all that map it.

    Raises:
        RuleBrokenError: there is no such file, or it is no locator file of this version, or not whole.
    """
    with telling_of(path), path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise RuleBrokenError(f"{path}: the file is empty.", code="unreadable-file") from None
    return read_locator(memoryview(mapped), path)


def read_locator(data: bytes | memoryview, path: Path) -> Ownership:
    """Return the locator of the bytes of a file; ``path`` is for the sentence.

    Raises:
        RuleBrokenError: they are no locator file of this version, or not whole.
    """
    try:
        return Ownership.unpacked(*unpack(data))
    except FormatError as error:
        raise RuleBrokenError(f"{path}: {error}.", code="unreadable-file") from None
    except KeyError as error:
        raise RuleBrokenError(
            f"{path}: the locator file lacks {error}; it was written by another version.", code="unreadable-file"
        ) from None
