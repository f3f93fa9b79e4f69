"""What a plan does to grids and to ground, in the words of its tiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gis_service.domain.diff import compare
from gis_service.domain.plan import Draft
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.transfers import Transfer, find_transfers, is_sound

_ELSEWHERE = frozenset({"redrawn", "moved", "levelled"})


@dataclass(frozen=True, slots=True)
class GroundChange:
    """Ground that is another grid's: ``kind`` is ``added``, ``removed``, ``moved``, ``split`` or ``merged``."""

    kind: str
    transfer: Transfer


def tell_states(before: Sequence[Grid], draft: Draft) -> dict[str, str]:
    """Return what becomes of each grid that a draft touches, by code.

    ``added``; ``removed``; ``moved`` (other ground, another parent or level); ``refined`` (it only follows: vertices
    on edges that stay, households summed anew); ``changed`` (name, kind or households); ``unchanged``.

    Args:
        before: the grids of the base that the draft touches; more do no harm.
        draft: the footprint.
    """
    states = dict.fromkeys(draft.touched, "unchanged")
    after = [grid for grid in draft.grids if grid.code not in draft.retired]
    for one in compare([grid for grid in before if grid.code in states], after):
        states[one.code] = _state(one.code, frozenset(one.changes), draft)
    return states


def _state(code: str, changes: frozenset[str], draft: Draft) -> str:
    if "added" in changes:
        return "added"
    if "retired" in changes:
        return "removed"
    if code in draft.refined or changes == {"refined"}:
        return "refined"
    return "moved" if changes & _ELSEWHERE else "changed"


def find_ground_changes(before: Sequence[Grid], draft: Draft) -> list[GroundChange]:
    """Return the ground that changes hands, level by level; by level, then by the two codes.

    ``added`` is ground that no grid had, ``removed`` what none gets.  ``split``: a new grid whose ground was all one
    grid's, which keeps some or gives some to others.  ``merged``: all that a grid had, which is no more, becomes part
    of one that has other ground too.  ``moved``: everything else.  Left out are grids without a sound polygon, before
    or after, and those that only follow.

    Args:
        before: the grids of the base that the draft touches; more do no harm.
        draft: the footprint.
    """
    codes = draft.redrawn
    old = {grid.code: grid for grid in before if grid.code in codes}
    new = {grid.code: grid for grid in draft.grids if grid.code in codes}
    unsound = {grid.code for grid in (*old.values(), *new.values()) if not is_sound(grid.shape)}
    transfers = find_transfers(
        [grid for grid in old.values() if grid.code not in unsound],
        [grid for grid in new.values() if grid.code not in unsound],
    )
    return list(_named(transfers, frozenset(old), frozenset(new)))


def _named(transfers: Sequence[Transfer], old: frozenset[str], new: frozenset[str]) -> Iterator[GroundChange]:
    heirs: defaultdict[str | None, set[str | None]] = defaultdict(set)
    sources: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for one in transfers:
        heirs[one.from_code].add(one.to_code)
        sources[one.to_code].add(one.from_code)
    for one in transfers:
        giver, taker = one.from_code, one.to_code
        if giver == taker:
            continue
        if giver is None:
            kind = "added"
        elif taker is None:
            kind = "removed"
        elif taker not in old and sources[taker] == {giver} and len(heirs[giver]) > 1:
            kind = "split"
        elif giver not in new and heirs[giver] == {taker} and len(sources[taker]) > 1:
            kind = "merged"
        else:
            kind = "moved"
        yield GroundChange(kind, one)
