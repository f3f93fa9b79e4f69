"""Tiles on disk: those that never change, shared by the workers of a host and kept across restarts."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import structlog

UNFINISHED = ".part"

BLOCK_BYTES = 4096
"""What a file takes is counted in these, so that empty tiles are not free."""

SWEPT_AFTER = 16
"""Each time that a worker has written this part of the bound, it looks whether the bound is kept."""

USED_AFTER_S = 3600
"""A use is noted at most this often: the order of use need not be finer, and a read remains a read."""

MOST_ABOUT_BYTES = 4000
"""What a file says of itself is read in one go."""

_DIGEST_BYTES, _LENGTH_BYTES = 16, 2
_HEAD_BYTES = _DIGEST_BYTES + _LENGTH_BYTES + MOST_ABOUT_BYTES

_log = structlog.get_logger(__name__)


class TileFolder:
    """Bodies as files, by a name that holds all that decides them: what is there never goes stale.

    A file is written under a name of its own and then renamed, so what has its name is whole for all workers; after a
    loss of power it may not be, so a digest of name and body goes before the body.  A folder that may not be read or
    written, and a full disk, cost only the cache.  From any thread.

    ``unwritten`` counts the bodies that could not be written, ``refused`` the files that were damaged.

    Args:
        path: the folder; made when it is first written to.
        most_bytes: bound of the files; each worker may exceed it by a sixteenth until it sweeps.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._counting = threading.Lock()
        self._unswept_bytes = most_bytes  # the first to write looks what others have left
        self._fails = False
        self.unwritten = 0
        self.refused = 0

    def read(self, name: str, *, is_use: bool = True) -> bytes | None:
        """Return the body of a name; None when there is none that is whole.  A use keeps it from being deleted."""
        file = self._file_of(name)
        try:
            with file.open("rb") as opened:
                used_s = time.time() - os.fstat(opened.fileno()).st_mtime
                found = opened.read()
        except OSError:
            return None
        told = found[_DIGEST_BYTES:]
        if found[:_DIGEST_BYTES] != _digest(name, told):
            with self._counting:
                self.refused += 1
            _log.warning("tile file refused", file=str(file))
            with suppress(OSError):
                file.unlink()
            return None
        if is_use and used_s > USED_AFTER_S:
            with suppress(OSError):
                os.utime(file)
        return told[_LENGTH_BYTES + _length(told) :]

    def has(self, name: str) -> bool:
        """Tell whether there is a file of a name."""
        return self._file_of(name).exists()

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name of each file and what it says that it is, which may be damaged; in no order."""
        with suppress(OSError):
            for _, _, file in self._files():
                if file.endswith(UNFINISHED):
                    continue
                with suppress(OSError), open(file, "rb") as opened:  # noqa: PTH123 - a string, as in _sweep
                    head = opened.read(_HEAD_BYTES)[_DIGEST_BYTES:]
                    yield os.path.basename(file), head[_LENGTH_BYTES : _LENGTH_BYTES + _length(head)]  # noqa: PTH119

    @contextmanager
    def alone(self, purpose: str) -> Iterator[bool]:
        """Say whether nobody else on this host does the same, who then is kept from it until the block ends."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            lock = (self._path / f"{purpose}.lock").open("w")
        except OSError:
            yield False
            return
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True

    def write(self, name: str, body: bytes, about: bytes = b"") -> None:
        """Keep a body under a name, with what it is; without success when that cannot be done.

        Args:
            name: all that decides the body, as a name of a file.
            body: the tile.
            about: what ``kept`` says of it; at most MOST_ABOUT_BYTES.
        """
        told = len(about).to_bytes(_LENGTH_BYTES, "big") + about + body
        file = self._file_of(name)
        unfinished = file.with_name(f"{uuid4().hex}{UNFINISHED}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(_digest(name, told) + told)
            unfinished.replace(file)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            self._tell_unwritten(error)
            return
        self._fails = False
        with self._counting:
            self._unswept_bytes += _taken(_DIGEST_BYTES + len(told))
            is_due = self._unswept_bytes > self._most_bytes // SWEPT_AFTER
            if is_due:
                self._unswept_bytes = 0
        if is_due:
            self._sweep()

    def _file_of(self, name: str) -> Path:
        return self._path / name[:2] / name

    def _tell_unwritten(self, error: OSError) -> None:
        with self._counting:
            self.unwritten += 1
        # Told once, not at every tile.
        (_log.debug if self._fails else _log.warning)("tile cannot be written to a file", error=repr(error))
        self._fails = True

    def _sweep(self) -> None:
        """Delete what was used longest ago when the bound is exceeded, and what a killed worker left unfinished."""
        with suppress(OSError), (self._path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # who finds another sweeping leaves it to him
            files = sorted(self._files())
            total_bytes = sum(size for _, size, _ in files)
            # Below the bound, so that not every sweep has to delete.
            kept_bytes = self._most_bytes - self._most_bytes // 8 if total_bytes > self._most_bytes else total_bytes
            for used_at, size, file in files:
                is_unfinished = file.endswith(UNFINISHED)
                # What another worker is writing just now stays.
                if time.time() - used_at > USED_AFTER_S if is_unfinished else total_bytes > kept_bytes:
                    with suppress(FileNotFoundError):
                        os.unlink(file)  # noqa: PTH108 - a string: there may be a hundred thousand
                    total_bytes -= size

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """Yield when each file was used last, what it takes, and its path."""
        with os.scandir(self._path) as folders:
            names = [entry.path for entry in folders if entry.is_dir()]
        for name in names:
            with os.scandir(name) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        status = entry.stat()
                        yield status.st_mtime, _taken(status.st_size), entry.path


def _length(told: bytes) -> int:
    return int.from_bytes(told[:_LENGTH_BYTES], "big")


def _digest(name: str, told: bytes) -> bytes:
    return hashlib.blake2b(told, digest_size=_DIGEST_BYTES, key=name.encode()).digest()


def _taken(size_bytes: int) -> int:
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES
