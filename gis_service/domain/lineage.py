"""Which grid's ground went to which when an edition was published (沿革)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gis_service.domain.impact import Load, Move
from grid_boundaries.redraw.transfers import Transfer


@dataclass(frozen=True, slots=True)
class Lineage:
    """Ground that one grid had and another got, with what stood on it; None is ground that no grid had or has.

    A grid that kept part of its ground has an entry from itself to itself.
    """

    from_code: str | None
    to_code: str | None
    area_m2: float
    buildings: int
    households: int


def trace(transfers: Sequence[Transfer], moves: Sequence[Move], loads: Mapping[str, Load]) -> list[Lineage]:
    """Return an entry for each transfer of ground.

    Args:
        transfers: where the ground of the redrawn grids goes.
        moves: what goes along with the ground that changes hands.
        loads: what stands in each grid before; what does not move away stays.
    """
    along = {(one.from_code, one.to_code): one for one in moves}
    gone, gone_households = Counter[str | None](), Counter[str | None]()
    for move in moves:
        gone[move.from_code] += move.buildings
        gone_households[move.from_code] += move.households
    entries = []
    for one in transfers:
        if one.from_code is not None and one.from_code == one.to_code:
            load = loads.get(one.from_code, Load())
            stayed = load.buildings - gone[one.from_code], load.households - gone_households[one.from_code]
            entries.append(Lineage(one.from_code, one.to_code, one.area_m2, *stayed))
        else:
            move = along[one.from_code, one.to_code]
            entries.append(Lineage(one.from_code, one.to_code, one.area_m2, move.buildings, move.households))
    return entries
