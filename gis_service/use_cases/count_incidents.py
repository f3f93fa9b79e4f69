"""Count incidents by grid, time and kind, so that the sums agree at every level and for any edition."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gis_service.database.incident_counts import GridState, Places
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import PUBLIC, Principal
from gis_service.domain.incident_count import (
    MOST_ROWS,
    PUBLIC_DIMENSIONS,
    CountedGrid,
    CountQuestion,
    IncidentCounts,
    Key,
    in_order,
    total_of,
    whole_months,
)
from gis_service.domain.level import Level
from gis_service.errors import ForbiddenError, InputFault, NotFoundError, RuleBrokenError, TooLargeError
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.snapshots.shelf import is_of
from gis_service.snapshots.snapshot import Snapshot, build_snapshot
from gis_service.use_cases.refuse_unknown_category import refuse_unknown_category
from gis_service.use_cases.refuse_unknown_word import refuse_unknown_department, refuse_unused_grid
from grid_boundaries.locate.locator import NOBODY
from tiles.layers import COUNT_LEVEL

OUTSIDE = ""
"""In place of a code: not under the grid that is asked for; no grid has an empty code."""

GridOf: TypeAlias = Callable[[Sequence[tuple[Any, ...]]], Sequence[str | None]]
"""From the places of a batch to the grids that they count for."""


def count_incidents(
    question: CountQuestion, principal: Principal, snapshots: SnapshotHolder, zone: ZoneInfo, work: UnitOfWork
) -> IncidentCounts:
    """Return how many incidents there are that match and that the caller may see, and the rates of them.

    Without an edition an incident counts for its owner and all above it, as they were when it got that owner.  With
    one it counts for whoever had the ground in that edition: of the place where it happened, or else where its
    reporter stood; what has no place (a grid picked by hand) counts for the deepest grid of its chain that the
    edition has.  With a level each grid gives way to the one of that level above it, or to the next coarser one where
    the branch lacks that level; so no incident is lost or counted twice, and None stands for no grid at all.

    The public counts by grid alone, not below unit grids, not by states, and not by editions: figures of two editions
    would differ by what lies on the strip of ground between their boundaries.  It counts whole months, and all its
    counts are sums of the same rounded ones, so that no difference of two tells more than these do.

    Raises:
        ForbiddenError: the public asks for more than it may, code ``restricted-dimension``.
        NotFoundError: code ``no-edition``.
        RuleBrokenError: codes ``unknown-category``, ``unknown-department``, ``unknown-grid``, ``unknown-level``.
        TooLargeError: there are too many rows, code ``too-many-rows``.
    """
    is_public = principal.role == PUBLIC.role
    if is_public:
        _refuse_restricted(question)
        since, until = whole_months(question.wanted.since, question.wanted.until)
        question = replace(question, wanted=replace(question.wanted, since=since, until=until))
    with work:
        refuse_unused_grid(question.wanted.grid, work)
        refuse_unknown_department(question.wanted.department, work)
        if question.wanted.category is not None:
            refuse_unknown_category(question.wanted.category, work.rules.categories_and_above())
        levels = work.levels.list_all()
        rank = _rank_of(question, levels, is_public=is_public)
        places: Places = "nowhere"
        grid_of: GridOf = _nowhere
        if question.edition is not None:
            snapshot = _snapshot_of(question.edition, snapshots, levels, work)
            if question.needs_ground:
                places, grid_of = "point", _Ground(snapshot, rank, question.wanted.grid).grid_of
        elif "grid" in question.by:
            places, grid_of = ("owner", _owner) if rank is None else ("chain", _Stamped(rank, work).grid_of)
        sums = _add_up(question, principal, zone, places, grid_of, work)
        rows = in_order(sums)
        total = total_of(tally for _, tally in rows)
        return IncidentCounts(question, rows, total, _grids_in(question, rows, work), is_public)


def _refuse_restricted(question: CountQuestion) -> None:
    wanted = question.wanted
    restricted = [name for name in question.by if name not in PUBLIC_DIMENSIONS]
    if "grid" not in question.by:
        restricted.append("counts without grid")
    restricted += [
        name
        for name, value in (
            ("state", wanted.states),
            ("channel", wanted.channels),
            ("department", wanted.department),
            ("edition", question.edition),
        )
        if value
    ]
    if restricted:
        raise ForbiddenError(
            f"without a token incidents are counted by grid alone, not by {', '.join(restricted)}",
            code="restricted-dimension",
        )


def _rank_of(question: CountQuestion, levels: Sequence[Level], *, is_public: bool) -> int | None:
    """Return the rank that grids are rolled up to; None leaves them as they are."""
    ranks = {level.code: level.rank for level in levels}
    if question.level is not None and question.level not in ranks:
        sentence = f"is no level; the levels are {', '.join(ranks)}" if ranks else "is no level; there are none yet"
        fault = InputFault("level", sentence)
        raise RuleBrokenError(f"level {sentence}", code="unknown-level", faults=[fault])
    rank = None if question.level is None else ranks[question.level]
    finest = ranks.get(COUNT_LEVEL) if is_public else None
    if finest is not None and rank is not None and rank > finest:
        raise ForbiddenError(
            f"without a token incidents are not counted below the level {COUNT_LEVEL}", code="restricted-dimension"
        )
    return finest if rank is None else rank


def _snapshot_of(number: int, snapshots: SnapshotHolder, levels: Sequence[Level], work: UnitOfWork) -> Snapshot:
    edition = work.editions.get(number)
    if edition is None:
        raise NotFoundError(f"there is no edition {number}; see /v1/editions", code="no-edition")
    held = snapshots.of_edition(number)
    if held is not None and is_of(held, edition):
        return held
    return build_snapshot(edition, work.grids.of_edition(number), levels)


def _add_up(
    question: CountQuestion, principal: Principal, zone: ZoneInfo, places: Places, grid_of: GridOf, work: UnitOfWork
) -> dict[Key, Counter[int]]:
    at = question.by.index("grid") if "grid" in question.by else None
    sums: defaultdict[Key, Counter[int]] = defaultdict(Counter)
    for batch in work.incident_counts.sums(question, principal, zone, places):
        codes = grid_of([place for place, *_ in batch])
        for code, (_, key, mark, number) in zip(codes, batch, strict=True):
            if code != OUTSIDE:
                sums[key if at is None else (*key[:at], code, *key[at:])][mark] += number
        if len(sums) > MOST_ROWS:
            raise TooLargeError(
                f"these are more than {MOST_ROWS} rows; count by fewer things or by a coarser level",
                code="too-many-rows",
            )
    return sums


def _grids_in(
    question: CountQuestion, rows: Sequence[tuple[Key, object]], work: UnitOfWork
) -> dict[str, CountedGrid]:
    if "grid" not in question.by:
        return {}
    at = question.by.index("grid")
    codes = {str(key[at]) for key, _ in rows if key[at] is not None}
    states = [
        state
        for state in work.incident_counts.grid_states(codes)
        if question.edition is None or _is_alive(state, question.edition)
    ]
    return {state.code: CountedGrid(state.code, state.name, state.level) for state in states}


def _is_alive(state: GridState, edition: int) -> bool:
    return state.since <= edition and (state.until is None or edition < state.until)


def _nowhere(places: Sequence[tuple[Any, ...]]) -> list[None]:
    return [None for _ in places]


def _owner(places: Sequence[tuple[Any, ...]]) -> list[str | None]:
    return [owner for (owner,) in places]


class _Stamped:
    """Rolls chains up by the levels that their grids had in the edition that they were stamped with."""

    def __init__(self, rank: int, work: UnitOfWork) -> None:
        self._rank, self._work = rank, work
        self._states: dict[str, list[GridState]] = {}
        self._told: dict[tuple[Any, ...], str | None] = {}

    def grid_of(self, places: Sequence[tuple[Any, ...]]) -> list[str | None]:
        new = set(places) - self._told.keys()
        missing = {code for chain, _ in new for code in chain.split()} - self._states.keys()
        self._states |= {code: [] for code in missing}
        for state in self._work.incident_counts.grid_states(missing):
            self._states[state.code].append(state)
        self._told |= {(chain, edition): self._roll_up(chain.split(), edition) for chain, edition in new}
        return [self._told[chain, edition] for chain, edition in places]

    def _roll_up(self, chain: Sequence[str], edition: int | None) -> str | None:
        for code in reversed(chain):
            states = self._states[code]
            known = [state for state in states if edition is not None and _is_alive(state, edition)] or states
            if known and known[-1].rank <= self._rank:
                return code
        return None


class _Ground:
    """Finds whose ground places are in one edition, rolled up."""

    def __init__(self, snapshot: Snapshot, rank: int | None, within: str | None) -> None:
        locator = snapshot.locator
        self._locate = locator.locate_many
        self._places = {code: place for place, code in enumerate(locator.codes)}
        ranks = [snapshot.ranks[grid.level] for grid in snapshot.grids]
        self._told = np.array([*locator.codes, None], dtype=np.object_)
        for place in range(len(ranks)):
            chain = locator.chain(place)
            above = [one for one in chain if rank is None or ranks[one] <= rank]
            self._told[place] = locator.codes[above[-1]] if above else None
            if within is not None and self._places.get(within) not in chain:
                self._told[place] = OUTSIDE
        if within is not None:
            self._told[NOBODY] = OUTSIDE

    def grid_of(self, places: Sequence[tuple[Any, ...]]) -> list[str | None]:
        owners: NDArray[np.int32] = np.full(len(places), NOBODY, np.int32)
        placed = np.array([lon is not None for lon, _, _ in places], bool)
        points = np.array([(lon, lat) for lon, lat, _ in places if lon is not None], np.float64).reshape(-1, 2)
        owners[placed] = self._locate(points[:, 0], points[:, 1])
        for index in np.flatnonzero(~placed).tolist():
            known = [self._places[code] for code in places[index][2].split() if code in self._places]
            owners[index] = known[-1] if known else NOBODY
        found: list[str | None] = self._told[owners].tolist()
        return found
