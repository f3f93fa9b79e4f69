"""What has been changed in the layers that move between editions, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gis_service.database.tables import data_version, edition, tile_change
from gis_service.database.tiles import statement

_RANDOM = text("hashtextextended(CAST(gen_random_uuid() AS text), 0)")


@dataclass(frozen=True, slots=True)
class TileChange:
    """One change; ``box`` is west, south, east, north in degrees, None for what has no place."""

    id: int
    transaction_id: int
    token: int
    layer: str
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class TileChanges:
    """One reading of the log: ``sql/changes_since.sql`` tells what each means."""

    horizon: int
    log: int
    edition: int
    bases: Mapping[str, int]
    changes: Sequence[TileChange]


@dataclass(frozen=True, slots=True)
class LayerSum:
    """All changes of a layer as one: its version in ``data_version``, the sum of their tokens modulo 2^64.

    ``edition`` is the newest.
    """

    base: int
    total: int
    edition: int


class TileChangeRepository:
    """Rows of ``tile_change``, which triggers write, and of ``data_version``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, since: int) -> TileChanges:
        """Return what was changed since the horizon of an earlier reading, and some that it had; 0: all."""
        rows = self._session.execute(statement("changes_since"), {"since": since}).all()
        first = rows[0]
        changes = [
            TileChange(
                row.id,
                row.transaction_id,
                row.token,
                row.layer,
                None if row.west is None else (row.west, row.south, row.east, row.north),
            )
            for row in rows
            if row.id is not None
        ]
        return TileChanges(first.horizon, first.log, first.edition, first.bases, changes)

    def sum_of(self, layer: str) -> LayerSum:
        """Return what differs whenever the layer differs."""
        base = select(data_version.c.version).where(data_version.c.layer == layer).scalar_subquery()
        total = select(func.sum(tile_change.c.token)).where(tile_change.c.layer == layer).scalar_subquery()
        newest = select(func.max(edition.c.number)).scalar_subquery()
        row = self._session.execute(select(*(func.coalesce(one, literal(0)) for one in (base, total, newest)))).one()
        return LayerSum(int(row[0]), int(row[1]) % 2**64, int(row[2]))

    def forget(self, layer: str) -> None:
        """Delete the changes of a layer that are noted, and give it a version that it never had."""
        # First the row, whose lock makes others wait who would do the same.
        moved = insert(data_version).values(layer=layer, version=_RANDOM)
        self._session.execute(moved.on_conflict_do_update(index_elements=["layer"], set_={"version": _RANDOM}))
        self._session.execute(delete(tile_change).where(tile_change.c.layer == layer))
