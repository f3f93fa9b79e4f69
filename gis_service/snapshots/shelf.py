"""Which editions are known and which are held: one immutable moment of a worker's memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from gis_service.domain.edition import Edition
from gis_service.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Shelf:
    """Editions as the database listed them last, and the snapshots held; both by date of effect.

    Replaced as a whole, so that a reader never sees half a change.
    """

    known: tuple[Edition, ...] = ()
    held: tuple[Snapshot, ...] = ()

    def in_force(self, instant: datetime) -> Snapshot | None:
        """Return the newest snapshot held that is in force at an instant, though a newer edition may be missing."""
        for snapshot in reversed(self.held):  # asked by every lookup: a generator would take longer than the answer
            if snapshot.effective_from <= instant:
                return snapshot
        return None

    def exactly(self, instant: datetime, known_at: datetime | None = None) -> Snapshot | None:
        """Return the snapshot of the very edition in force at an instant, or None when it is not held.

        With ``known_at`` only editions count that were published by then; publication rises with effect.
        """
        edition = self.known_in_force(instant, known_at)
        return None if edition is None else self.snapshot_of(edition)

    def known_in_force(self, instant: datetime, known_at: datetime | None = None) -> Edition | None:
        """Return the edition in force at an instant, held or not; with ``known_at`` as ``exactly``."""
        position = bisect_right(self.known, instant, key=_effective_from)
        if known_at is not None:
            position = min(position, bisect_right(self.known, known_at, key=_published_at))
        return None if position == 0 else self.known[position - 1]

    def snapshot_of(self, edition: Edition) -> Snapshot | None:
        """Return the snapshot of an edition; a database made anew may use a number again, with other ground."""
        return next((snapshot for snapshot in self.held if is_of(snapshot, edition)), None)

    def nearest_to(self, edition: Edition, known: Sequence[Edition]) -> Snapshot | None:
        """Return the snapshot held whose number is nearest to an edition's, among those known still."""
        alike = [snapshot for snapshot in self.held if any(is_of(snapshot, one) for one in known)]
        return min(alike, key=lambda snapshot: abs(snapshot.edition - edition.number), default=None)

    def restocked(self, known: Sequence[Edition], built: Iterable[Snapshot], *, is_complete: bool) -> Self:
        """Return the shelf with new snapshots; the old ones go only when nothing is missing."""
        fresh = list(built)
        if not is_complete:
            fresh += [snapshot for snapshot in self.held if all(snapshot is not other for other in fresh)]
        return type(self)(tuple(known), tuple(sorted(fresh, key=lambda snapshot: snapshot.effective_from)))


def is_of(snapshot: Snapshot, edition: Edition) -> bool:
    """Tell whether a snapshot was made of this edition: its number, date and content."""
    made_of = (snapshot.edition, snapshot.effective_from, snapshot.checksum)
    return made_of == (edition.number, edition.effective_from, edition.checksum)


def to_hold(known: Sequence[Edition], now: datetime, recent: int) -> Sequence[Edition]:
    """Return the editions to be held, the most urgent first.

    The edition in force and all after it, all of them when none is in force yet; then so many of those before, the
    newest first.
    """
    position = max(bisect_right(known, now, key=_effective_from) - 1, 0)
    return [*known[position:], *reversed(known[max(position - recent, 0) : position])]


def _published_at(edition: Edition) -> datetime:
    return edition.published_at


def _effective_from(edition: Edition) -> datetime:
    return edition.effective_from
