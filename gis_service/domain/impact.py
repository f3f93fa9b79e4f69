"""What a redraw moves: from which grid to which, in ground, buildings, households, incidents and money."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gis_service.domain.pay import PayRules
from grid_boundaries.partition import Grid
from grid_boundaries.redraw.transfers import Transfer

Pair = tuple[str | None, str | None]
"""The code of a grid before, and of one after; None where no grid has the ground."""


@dataclass(frozen=True, slots=True)
class MovedBuilding:
    """A building on ground that changes hands, its owner before and after, and the owners of its entrances after."""

    code: str
    name: str
    households: int
    owner_before: str | None
    owner_after: str | None
    entrances_after: frozenset[str | None] = frozenset()

    @property
    def split_between(self) -> list[str]:
        """The grids that the building would stand in, when there is more than one."""
        owners = sorted({one for one in (self.owner_after, *self.entrances_after) if one is not None})
        return owners if len(owners) > 1 else []


@dataclass(frozen=True, slots=True)
class MovedIncident:
    """An open incident on ground that changes hands; it keeps its owner until it is handed over."""

    id: str
    owner_before: str | None
    owner_after: str | None


@dataclass(frozen=True, slots=True)
class Load:
    """What stands in a grid and what happens there."""

    buildings: int = 0
    households: int = 0
    incidents_a_year: int = 0


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who serves a grid that the redraw touches."""

    name: str
    role: str
    grid: str


@dataclass(frozen=True, slots=True)
class Move:
    """What goes from one grid to another, at one level."""

    level: str | None
    from_code: str | None
    to_code: str | None
    area_m2: float
    buildings: int
    households: int
    open_incidents: int
    yearly_yuan: int


@dataclass(frozen=True, slots=True)
class GridImpact:
    """One grid before and after; None where it is not there."""

    code: str
    name: str
    level: str | None
    change: str
    area_m2: tuple[float | None, float | None]
    load: tuple[Load | None, Load | None]
    yearly_yuan: tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Impact:
    """The whole report; moves by level and codes, grids by code.

    ``buildings``, ``households`` and ``open_incidents`` are those that get another owner, each counted once though it
    moves at several levels.
    """

    buildings: int
    households: int
    open_incidents: int
    moves: tuple[Move, ...]
    grids: tuple[GridImpact, ...]
    split_buildings: tuple[MovedBuilding, ...]
    staff: tuple[OnDuty, ...]
    yearly_yuan: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tree:
    """Grids with their ancestors, for naming at which level something changes hands."""

    grids: Mapping[str, Grid]
    chains: dict[str | None, dict[str | None, str]] = field(default_factory=dict)

    def by_level(self, code: str | None) -> Mapping[str | None, str]:
        """Return a grid and its ancestors by level; empty for None and for a code that is not there."""
        if code not in self.chains:
            chain: dict[str | None, str] = {}
            seen = code
            while seen is not None and (grid := self.grids.get(seen)) is not None and grid.level not in chain:
                chain[grid.level] = grid.code
                seen = grid.parent
            self.chains[code] = chain
        return self.chains[code]


def weigh_redraw(
    transfers: Sequence[Transfer],
    *,
    before: Tree,
    after: Tree,
    leaves: frozenset[str],
    loads: Mapping[str, Load],
    buildings: Sequence[MovedBuilding],
    incidents: Sequence[MovedIncident],
    staff: Sequence[OnDuty],
    redrawn: frozenset[str],
    pay: PayRules,
) -> Impact:
    """Return what a redraw moves.

    Args:
        transfers: where the ground goes, of every level.
        before: the touched grids, their siblings and ancestors as they are.
        after: the same as they will be.
        leaves: codes, of before and after, of grids without children: those that own buildings.
        loads: what stands and happens in each touched grid now; of those that are missing, nothing.
        buildings: those whose owner changes, or whose entrances part.
        incidents: open ones whose ground changes hands.
        staff: who serves the touched grids.
        redrawn: codes of all grids that the redraw adds, changes or retires, without those that gain vertices only.
        pay: what a grid costs.
    """
    moved = [one for one in buildings if one.owner_before != one.owner_after]
    stock = _by_pair(((one.owner_before, one.owner_after, 1, one.households) for one in moved), before, after)
    cases = _by_pair(((one.owner_before, one.owner_after, 1, 0) for one in incidents), before, after)
    moves = []
    for one in transfers:
        if one.from_code == one.to_code:
            continue
        pair = (one.level, one.from_code, one.to_code)
        count, households = stock.get(pair, (0, 0))
        yuan = _household_yuan(one, households, after, pay)
        moves.append(Move(*pair, one.area_m2, count, households, cases.get(pair, (0, 0))[0], yuan))
    areas = _areas(transfers)
    changes = _changes_of_load(stock)
    grids = tuple(
        _grid_impact(code, before, after, leaves, loads.get(code, Load()), changes[code], areas[code], pay)
        for code in sorted(redrawn)
    )
    return Impact(
        buildings=len(moved),
        households=sum(one.households for one in moved),
        open_incidents=len(incidents),
        moves=tuple(moves),
        grids=grids,
        split_buildings=tuple(one for one in buildings if one.split_between),
        staff=tuple(staff),
        yearly_yuan=(
            sum(one.yearly_yuan[0] or 0 for one in grids),
            sum(one.yearly_yuan[1] or 0 for one in grids),
        ),
    )


def _by_pair(
    moved: Iterable[tuple[str | None, str | None, int, int]], before: Tree, after: Tree
) -> dict[tuple[str | None, str | None, str | None], tuple[int, int]]:
    """Return how much changes hands at each level, between which two grids."""
    counts: Counter[tuple[str | None, str | None, str | None]] = Counter()
    households: Counter[tuple[str | None, str | None, str | None]] = Counter()
    for source, target, count, homes in moved:
        was, will_be = before.by_level(source), after.by_level(target)
        for level in {**was, **will_be}:
            pair = (level, was.get(level), will_be.get(level))
            if pair[1] != pair[2]:
                counts[pair] += count
                households[pair] += homes
    return {pair: (count, households[pair]) for pair, count in counts.items()}


def _changes_of_load(
    stock: Mapping[tuple[str | None, str | None, str | None], tuple[int, int]],
) -> defaultdict[str | None, tuple[int, int]]:
    changes: defaultdict[str | None, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (_, source, target), (count, households) in stock.items():
        for code, sign in ((source, -1), (target, 1)):
            was = changes[code]
            changes[code] = (was[0] + sign * count, was[1] + sign * households)
    return changes


def _areas(transfers: Sequence[Transfer]) -> defaultdict[str | None, list[float]]:
    areas: defaultdict[str | None, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one in transfers:
        areas[one.from_code][0] += one.area_m2
        areas[one.to_code][1] += one.area_m2
    return areas


def _household_yuan(one: Transfer, households: int, after: Tree, pay: PayRules) -> int:
    """Return the pay for households that goes along with ground, at the rate of who receives it."""
    code = one.to_code if one.to_code in after.grids else None
    return pay.of_grid(None, households, _community(code, after))


def _community(code: str | None, tree: Tree) -> str:
    community = tree.by_level(code).get("community")
    return "" if community is None else tree.grids[community].name


def _grid_impact(
    code: str,
    before: Tree,
    after: Tree,
    leaves: frozenset[str],
    load: Load,
    change: tuple[int, int],
    area: Sequence[float],
    pay: PayRules,
) -> GridImpact:
    was, will_be = before.grids.get(code), after.grids.get(code)
    one = will_be or was
    assert one is not None  # noqa: S101 - a touched grid is there before or after
    later = Load(load.buildings + change[0], load.households + change[1], load.incidents_a_year)
    costs = code in leaves
    return GridImpact(
        code=code,
        name=one.name,
        level=one.level,
        change="added" if was is None else "retired" if will_be is None else "changed",
        area_m2=(None if was is None else area[0], None if will_be is None else area[1]),
        load=(None if was is None else load, None if will_be is None else later),
        yearly_yuan=(
            pay.of_grid(was.level, load.households, _community(code, before)) if was is not None and costs else None,
            pay.of_grid(one.level, later.households, _community(code, after))
            if will_be is not None and costs
            else None,
        ),
    )
