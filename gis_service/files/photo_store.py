"""Where photos lie: a folder, or any store that fsspec knows, such as S3 and what speaks like it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from gis_service.errors import NotFoundError, UnavailableError

_log = structlog.get_logger(__name__)
_PRIVATE = 0o700


class PhotoStoreError(UnavailableError):
    """The photo store does not answer, or not as it should."""

    code = "photo-store-unavailable"


class PhotoStore:
    """Files by name; a name is written once.  Whatever the store has against it is a ``PhotoStoreError``."""

    def __init__(self, url: str) -> None:
        """Open a store.

        Args:
            url: of a folder, or ``s3://bucket/folder`` and the like.

        Raises:
            ImportError: the package that speaks with such a store is not installed; it names that.
            ValueError: there are no such stores.
        """
        self._files, self._root = url_to_fs(url)

    def write(self, name: str, data: bytes) -> None:
        """Store a file; it is durable when this returns."""
        path = f"{self._root}/{name}"
        try:
            if isinstance(self._files, LocalFileSystem):
                _write_durably(Path(path), data)
            else:
                self._files.pipe_file(path, data)
        except Exception as error:
            raise _unavailable("written", error) from error

    def read(self, name: str) -> bytes:
        """Return a file.

        Raises:
            NotFoundError: it is not there, though it was stored: code ``photo-lost``.
        """
        try:
            data: bytes = self._files.cat_file(f"{self._root}/{name}")
        except FileNotFoundError:
            _log.error("photo lost", name=name)
            raise NotFoundError("the photo's file is no longer in the photo store", code="photo-lost") from None
        except Exception as error:
            raise _unavailable("read", error) from error
        return data

    def names(self) -> Iterator[str]:
        """Yield the names of all files."""
        try:
            found = self._files.find(self._root)
        except FileNotFoundError:
            return
        except Exception as error:
            raise _unavailable("listed", error) from error
        root = self._files._strip_protocol(self._root)  # noqa: SLF001 - fsspec's name for how it writes paths
        yield from (str(path).removeprefix(f"{root}/") for path in found)

    def remove(self, names: Iterable[str]) -> None:
        """Delete files; those that are not there are no error."""
        for name in names:
            try:
                self._files.rm_file(f"{self._root}/{name}")
            except FileNotFoundError:
                continue
            except Exception as error:
                raise _unavailable("deleted", error) from error


def _write_durably(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unavailable(what: str, error: Exception) -> PhotoStoreError:
    _log.warning("photo store unavailable", error=repr(error))
    return PhotoStoreError(
        f"the photo could not be {what}: the photo store does not answer; try again / 照片存储暂不可用，请稍后重试"
    )
