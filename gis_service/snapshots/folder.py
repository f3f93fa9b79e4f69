"""The files of snapshots: one for each edition, made once on a host, mapped by all its workers."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import structlog

from gis_service.domain.edition import Edition
from gis_service.snapshots.snapshot import Snapshot, describe, of_arrays
from grid_boundaries.locate.format import FORMAT, FormatError, pack, unpack

LAYOUT = 1
"""Counts up when a snapshot's arrays change that ``FORMAT`` says nothing of."""

SUFFIX = ".snapshot"
UNFINISHED = ".part"
REFUSED = ".refused"

_log = structlog.get_logger(__name__)


class SnapshotFolder:
    """Snapshots as files of a folder.

    A file is written under another name and only then given its own: what has that name was whole when it was given.
    Nobody waits until it is on the disk, since its SHA-256 is looked at whenever it is mapped: what a power cut has
    left of it is refused and made again.  Who writes holds the lock of the folder,
    which ends with the process; the others wait and map what he has written.  Nothing is ever written into a file
    that has its name, so that what is mapped never changes; a file that is deleted stays until nobody maps it.

    ``refused`` counts the files that did not fit, ``unwritten`` the snapshots that could not be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.refused = 0
        self.unwritten = 0

    def obtain(self, edition: Edition, ranks: Mapping[str, int], make: Callable[[], Snapshot]) -> Snapshot:
        """Return the snapshot of an edition from its file, which is made when there is none that fits.

        When it cannot be written, because the disk is full or may not be written to, what was made is returned as it
        is.  Whatever ``make`` raises goes on to the caller, and no file is left.
        """
        file = self.file_of(edition, ranks)
        found = self._map(file, edition, ranks)
        if isinstance(found, Snapshot):
            return found
        with self._alone() as is_alone:
            found = self._map(file, edition, ranks)
            if isinstance(found, Snapshot):
                return found
            if found is not None:
                self._set_aside(file, found)
            made = make()
            is_written = is_alone and self._write(file, made, edition, ranks)
        # The others may read it meanwhile.
        written = self._map(file, edition, ranks) if is_written else None
        if isinstance(written, Snapshot):
            return written
        if is_written:
            self._tell_unwritten(file, written)
        return made

    def sweep(self, kept: Collection[Path]) -> None:
        """Delete the files of editions before all those kept, and what else has the number of one of them.

        A file with a greater number is left: another worker may know of an edition that this one does not know yet.
        """
        numbers = {_number_of(file) for file in kept}
        for file in self._path.glob(f"[0-9]*{SUFFIX}*"):
            number = _number_of(file)
            if file not in kept and (number < min(numbers) or number in numbers) and file.suffix != UNFINISHED:
                file.unlink(missing_ok=True)

    def file_of(self, edition: Edition, ranks: Mapping[str, int]) -> Path:
        """Return where an edition's file is, or would be: its number, what it depends on, the formats."""
        content = hashlib.sha256(orjson.dumps(describe(edition, ranks), option=orjson.OPT_SORT_KEYS)).hexdigest()
        return self._path / f"{edition.number}-{content[:16]}-{FORMAT}.{LAYOUT}{SUFFIX}"

    def _map(self, file: Path, edition: Edition, ranks: Mapping[str, int]) -> Snapshot | Exception | None:
        """Return a file's snapshot, why it does not fit, or None when there is none."""
        try:
            with file.open("rb") as opened:
                mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
            about, arrays = unpack(memoryview(mapped))
            if about != _about(edition, ranks):
                raise FormatError(f"the file is of another edition or layout: {about}")
            snapshot = of_arrays(edition, ranks, arrays, len(mapped))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as error:
            return error
        # Checking has touched every page; only those that lookups read shall count as this process's memory.
        mapped.madvise(mmap.MADV_DONTNEED)
        return snapshot

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Hold the folder's lock, so that no other process or thread does; False: it may not be written to."""
        lock = None
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            self._tell_unwritten(self._path, error)
            is_alone = False
        else:
            is_alone = True
        try:
            yield is_alone
        finally:
            if lock is not None:
                os.close(lock)

    def _set_aside(self, file: Path, reason: Exception) -> None:
        self.refused += 1
        _log.warning("snapshot file refused", file=str(file), reason=str(reason))
        # Where nothing may be renamed nothing may be written either, which is told then.
        with suppress(OSError):
            file.replace(file.with_name(file.name + REFUSED))

    def _write(self, file: Path, made: Snapshot, edition: Edition, ranks: Mapping[str, int]) -> bool:
        """Write a snapshot into its file; tell whether that could be done."""
        unfinished = file.with_name(file.name + UNFINISHED)
        try:
            # Nobody else writes: what is unfinished was left by one who was killed.
            for left in self._path.glob(f"*{UNFINISHED}"):
                left.unlink()
            with unfinished.open("wb") as opened:
                for part in pack(_about(edition, ranks), made.arrays()):
                    opened.write(part)
            unfinished.rename(file)
        except OSError as error:
            self._tell_unwritten(file, error)
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            return False
        return True

    def _tell_unwritten(self, where: Path, reason: Exception | None) -> None:
        self.unwritten += 1
        _log.warning("snapshot cannot be written to a file", file=str(where), error=repr(reason))


def _number_of(file: Path) -> int:
    return int(file.name.partition("-")[0])


def _about(edition: Edition, ranks: Mapping[str, int]) -> dict[str, Any]:
    return {"layout": LAYOUT, **describe(edition, ranks)}
