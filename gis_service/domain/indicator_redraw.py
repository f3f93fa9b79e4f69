"""What becomes of the values of redrawn grids: they follow the households."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gis_service.domain.indicator import IndicatorValue, Tree, join_sources, roll_up
from gis_service.domain.lineage import Lineage

Amount = tuple[float, float, float]
"""Households, buildings, square metres."""

Values = Mapping[str, IndicatorValue]
"""Values of one indicator and period, by the code of the grid."""


@dataclass(frozen=True, slots=True)
class OwnerMove:
    """Buildings that one grid owned before a redraw and another, or the same, owns after it."""

    from_code: str
    to_code: str
    buildings: int
    households: int


@dataclass(frozen=True, slots=True)
class Redraw:
    """Where the ground of redrawn grids went: ``amounts[from][to]``, between grids of one level.

    ``changed`` are all grids, of any level, that lost or gained something.
    """

    amounts: Mapping[str, Mapping[str, Amount]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()


def trace_redraw(
    moves: Sequence[OwnerMove], lineage: Sequence[Lineage], before: Tree, after: Tree, ranks: Mapping[str, int]
) -> Redraw:
    """Return where the ground of grids went that were redrawn, and of those above them.

    What a grid had goes to the grid of its level that owns it or stands above its owner; failing that to the owner
    when that is a deeper grid.  What falls to a coarser grid alone is left out: there it counts already.

    Args:
        moves: of all buildings of the redrawn grids, those that stay among them.
        lineage: areas, for grids on which nothing is built.
        before: the grids of ``moves`` and all above them, as they were.
        after: the same, as they are.
        ranks: of the levels; deeper ones have larger ranks.
    """
    amounts: defaultdict[str, dict[str, Amount]] = defaultdict(dict)
    changed: set[str] = set()
    anyone = any(move.households for move in moves)
    for move in moves:
        old, new = list(_chain(move.from_code, before)), list(_chain(move.to_code, after))
        by_level = {after[code].level: code for code in new}
        if move.households or not anyone:
            changed |= set(old) ^ set(new)
        for code in old:
            target = by_level.get(before[code].level)
            if target is None and code == move.from_code and new and _is_deeper(code, new[0], before, after, ranks):
                target = new[0]
            if target is not None:
                _add(amounts[code], target, (move.households, move.buildings, 0.0))
    for entry in lineage:
        old_code, new_code = entry.from_code, entry.to_code
        if old_code in before and new_code in after and old_code is not None and new_code is not None:
            _add(amounts[old_code], new_code, (0, 0, entry.area_m2))
            if old_code != new_code and not any(map(_is_settled, amounts[old_code].values())):
                changed |= {old_code, new_code}
    return Redraw({code: dict(targets) for code, targets in amounts.items()}, frozenset(changed))


def settle(
    rule: str,
    before: Values,
    given: Values,
    redraw: Redraw,
    tree: Tree,
    edition: int,
    weights: Mapping[str, float] | None = None,
) -> dict[str, IndicatorValue]:
    """Return the values that grids have in an edition.

    A value belongs to ground: a grid whose ground stays keeps its value, at any level, the very object.  Values of
    redrawn grids are apportioned; what was rolled up for a redrawn grid, or above new values, is rolled up anew.

    Args:
        rule: sum, mean or weighted_mean.
        before: values in the edition before.
        given: values measured of the grids of this edition.
        redraw: what the edition redrew.
        tree: its grids, or those of some subtrees: only they get values.
        edition: its number.
        weights: of the grids, for a weighted mean; the households by default.
    """
    own = {code: value for code, value in before.items() if value.origin != "rolled_up"}
    own = {code: value for code, value in _apportion(rule, own, redraw, edition).items() if code in tree}
    own |= given
    parents = {code: node.parent if node.parent in tree else None for code, node in tree.items()}
    households = {code: node.households for code, node in tree.items()}
    after = dict(own)
    for made in roll_up(rule, list(own.values()), parents, households, weights):
        kept = before.get(made.grid_code)
        stays = kept is not None and kept.origin == "rolled_up" and not given and made.grid_code not in redraw.changed
        after[made.grid_code] = (
            kept if kept is not None and stays else replace(made, since_edition=edition, until_edition=None)
        )
    for code, kept in before.items():
        if kept.origin == "rolled_up" and code in tree and code not in after and code not in redraw.changed:
            # What it was made of is gone, as when a grid's children are merged into it: it stands for itself now.
            after[code] = replace(kept, origin="apportioned", since_edition=edition)
    return after


def _apportion(rule: str, own: Values, redraw: Redraw, edition: int) -> dict[str, IndicatorValue]:
    """Return values by their new grids: sums are shared out, means are meant anew by what came from where.

    Sums add up to what they were, unless all of a grid's ground has left the tree.
    """
    shares = {code: _shares(targets) for code, targets in redraw.amounts.items()}
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for code, targets in shares.items():
        for target in targets:
            sources[target].append(code)
    after = {code: value for code, value in own.items() if code not in shares}
    for target, given in sources.items():
        if given == [target] and shares[target] == {target: 1.0}:
            if target in own:
                after[target] = own[target]
            continue
        known = [own[code] for code in given if code in own]
        if not known:
            after.pop(target, None)
            continue
        came = _comparable({code: redraw.amounts[code][target] for code in given})
        if rule == "sum":
            value = math.fsum(one.value * shares[one.grid_code][target] for one in known)
        else:
            weighed = _comparable({one.grid_code: redraw.amounts[one.grid_code][target] for one in known})
            value = math.fsum(one.value * weighed[one.grid_code] for one in known) / math.fsum(weighed.values())
        after[target] = replace(
            known[0],
            grid_code=target,
            value=value,
            source=join_sources(known),
            is_estimated=True,
            coverage=min(
                1.0, math.fsum(one.coverage * came[one.grid_code] for one in known) / math.fsum(came.values())
            ),
            origin="apportioned",
            since_edition=edition,
            until_edition=None,
        )
    return after


def _shares(targets: Mapping[str, Amount]) -> dict[str, float]:
    """Return what part of a grid went where: by households, or by buildings or ground where there are none."""
    counted = _comparable(targets)
    total = math.fsum(counted.values())
    return {code: count / total for code, count in counted.items() if count} if total else {}


def _comparable(amounts: Mapping[str, Amount]) -> dict[str, float]:
    """Return amounts in the first of the three units in which there is any."""
    for unit in zip(*amounts.values(), strict=True):
        if any(unit):
            return dict(zip(amounts, unit, strict=True))
    return dict.fromkeys(amounts, 0.0)


def _is_settled(amount: Amount) -> bool:
    return amount[0] > 0 or amount[1] > 0


def _add(targets: dict[str, Amount], code: str, more: Amount) -> None:
    households, buildings, area_m2 = targets.get(code, (0, 0, 0.0))
    targets[code] = households + more[0], buildings + more[1], area_m2 + more[2]


def _chain(code: str | None, tree: Tree) -> Iterator[str]:
    """Yield a grid and those above it, as far as the tree goes."""
    while code is not None and code in tree:
        yield code
        code = tree[code].parent


def _is_deeper(code: str, owner: str, before: Tree, after: Tree, ranks: Mapping[str, int]) -> bool:
    return ranks[after[owner].level] > ranks[before[code].level]
