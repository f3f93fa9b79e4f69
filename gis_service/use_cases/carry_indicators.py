"""Let the values of indicators follow a redraw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.indicator import Indicator, IndicatorValue, Tree
from gis_service.domain.indicator_redraw import Redraw, settle, trace_redraw
from grid_boundaries.partition import Grid


def carry_indicators(
    before: Mapping[str, Grid], after: Mapping[str, Grid], refined: Collection[str], edition: int, work: UnitOfWork
) -> None:
    """Give the grids of a new edition their values, inside the transaction that publishes it.

    Buildings have their owners of that edition already, and its lineage is stored.  Editions before it keep theirs.

    Args:
        before: the touched grids as they were, by code.
        after: the touched grids as they are, by code.
        refined: those of them that differ by vertices on their edges alone.
        edition: the new edition.
        work: the transaction.
    """
    moved = {code for code in before.keys() | after.keys() if code not in refined and _is_moved(code, before, after)}
    if edition == 1 or not work.indicators.have_values(moved):
        return
    old, new = work.indicators.tree(edition - 1), work.indicators.tree(edition)
    parents = {tree[code].parent for tree in (old, new) for code in moved if code in tree}
    near = _subtrees(moved | {code for code in parents if code is not None}, new)
    redraw = find_redraw(_subtrees(moved, old).keys(), old, new, edition, work)
    values = work.indicators.of_grids(near.keys() | _subtrees(moved, old).keys(), edition - 1)
    by_period: defaultdict[tuple[str, date], dict[str, IndicatorValue]] = defaultdict(dict)
    for value in values:
        by_period[value.indicator, value.since][value.grid_code] = value
    definitions = {one.code: one for one in work.indicators.definitions()}
    settled: dict[tuple[str, date], dict[str, IndicatorValue]] = {}
    for code, since in sorted(by_period, key=lambda one: (definitions[one[0]].weight is not None, *one)):
        indicator = definitions[code]
        weights = weights_of(indicator, settled.get((indicator.weight or "", since), {}))
        settled[code, since] = settle(indicator.rollup, by_period[code, since], {}, redraw, near, edition, weights)
    gone, come = [], []
    for key, were in by_period.items():
        gone += [value for code, value in were.items() if settled[key].get(code) is not value]
        come += [value for code, value in settled[key].items() if were.get(code) is not value]
    work.indicators.close_values(gone, edition)
    work.indicators.add_values(come)


def find_redraw(codes: Collection[str], old: Tree, new: Tree, edition: int, work: UnitOfWork) -> Redraw:
    """Return what an edition redrew, inside a transaction already begun.

    Args:
        codes: grids of the edition before, whose buildings may have other owners.
        old: all grids of the edition before.
        new: all grids of the edition.
        edition: its number.
        work: the transaction.
    """
    moves = work.indicators.owner_moves(codes, edition)
    ranks = {level.code: level.rank for level in work.levels.list_all()}
    return trace_redraw(moves, work.lineage.of_edition(edition), old, new, ranks)


def weights_of(indicator: Indicator, values: Mapping[str, IndicatorValue]) -> dict[str, float] | None:
    """Return the weights of grids from the values of the indicator that weighs another; None: households weigh it."""
    return None if indicator.weight is None else {code: max(0.0, one.value) for code, one in values.items()}


def _is_moved(code: str, before: Mapping[str, Grid], after: Mapping[str, Grid]) -> bool:
    old, new = before.get(code), after.get(code)
    if old is None or new is None:
        return True
    return (old.level, old.parent) != (new.level, new.parent) or old.shape.wkb != new.shape.wkb


def _subtrees(tops: Collection[str], tree: Tree) -> Tree:
    """Return the grids of a tree that are among some or below one of them."""
    children: defaultdict[str, list[str]] = defaultdict(list)
    for code, node in tree.items():
        if node.parent is not None:
            children[node.parent].append(code)
    found, left = {}, [code for code in tops if code in tree]
    while left:
        code = left.pop()
        if code not in found:
            found[code] = tree[code]
            left += children[code]
    return found
