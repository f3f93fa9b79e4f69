"""Tiles of an archive that is being made: a file that outlives a process that is killed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from gis_service.errors import ClashError, RuleBrokenError

_SCHEMA = """
CREATE TABLE identity (told TEXT NOT NULL);
CREATE TABLE body (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL);
CREATE TABLE tile (id INTEGER PRIMARY KEY, body INTEGER);
"""


class Staged(NamedTuple):
    """A tile that is not empty: its id, the number of its body, and the bytes of that."""

    id: int
    body: int
    size: int


class TileStage:
    """Finished tiles by their id, equal bodies once; bodies are numbered from 1 in the order in which they came.

    Args:
        path: of the file; what another identity, or anything else, has left there is thrown away.
        identity: all that decides the tiles.

    Raises:
        ClashError: another process is writing it.
        RuleBrokenError: it cannot be written.

    Source:
        Tile ids are those of PMTiles version 3: zoom by zoom, along a Hilbert curve.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        self._file = self._open()
        try:
            # Who has the file has it until it is closed.
            self._file.executescript("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
            kept = self._file.execute("SELECT told FROM identity").fetchall() == [(identity,)]
        except sqlite3.DatabaseError as error:
            self._refuse_locked(error)
            kept = False
        if not kept:
            self._file.close()
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}-journal").unlink(
                missing_ok=True
            )  # else it would be played into the new file
            self._file = self._open()
            self._begin(identity)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file, which stays for the next run."""
        self._file.close()

    def done(self) -> tuple[int, int]:
        """Return how many tiles are finished, and the greatest id of them, -1 for none."""
        count, last = self._file.execute("SELECT count(*), coalesce(max(id), -1) FROM tile").fetchone()
        return int(count), int(last)

    def add(self, tiles: Iterable[tuple[int, bytes]]) -> None:
        """Store finished tiles, all or none of them; an empty one only as finished.  Ids rise from call to call."""
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            for tile, body in tiles:
                self._file.execute("INSERT INTO tile VALUES (?, ?)", (tile, self._number(body) if body else None))

    def tiles(self) -> Iterator[Staged]:
        """Give the tiles that are not empty, by id."""
        rows = self._file.execute(
            "SELECT tile.id, body.id, length(body.bytes) FROM tile JOIN body ON body.id = tile.body ORDER BY tile.id"
        )
        return (Staged(*row) for row in rows)

    def bodies(self) -> Iterator[bytes]:
        """Give each body once, by number."""
        return (row[0] for row in self._file.execute("SELECT bytes FROM body ORDER BY id"))

    def remove(self) -> None:
        """Throw the file away."""
        self._file.close()
        self._path.unlink()

    def _open(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(self._path, timeout=0, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise RuleBrokenError(f"{self._path} cannot be written: {error}.") from None

    def _begin(self, identity: str) -> None:
        try:
            self._file.executescript(f"PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; {_SCHEMA} COMMIT")
            self._file.execute("INSERT INTO identity VALUES (?)", (identity,))
        except sqlite3.OperationalError as error:
            self._refuse_locked(error)
            raise RuleBrokenError(f"{self._path} cannot be written: {error}.") from None

    def _refuse_locked(self, error: sqlite3.DatabaseError) -> None:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            self._file.close()
            raise ClashError(f"Another export is writing {self._path}; wait for it.") from None

    def _number(self, body: bytes) -> int:
        digest = hashlib.blake2b(body, digest_size=16).digest()
        row = self._file.execute("SELECT id FROM body WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            row = (self._file.execute("INSERT INTO body (digest, bytes) VALUES (?, ?)", (digest, body)).lastrowid,)
        return int(row[0])
