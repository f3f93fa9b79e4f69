"""The ground as a plan would leave it: its base edition with the draft laid over it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np
import shapely
from sqlalchemy.orm import Session

from gis_service.database.grids import GridRepository
from gis_service.domain.edition import Bounds
from gis_service.domain.plan import Draft
from grid_boundaries.partition import Grid


class DraftRepository:
    """Reads ``grid`` through a draft; what the draft holds or retires hides what the edition has."""

    def __init__(self, session: Session) -> None:
        self._grids = GridRepository(session)

    def whole(self, base: int | None, draft: Draft) -> list[Grid]:
        """Return every grid, by code."""
        return draft.apply_to([] if base is None else self._grids.of_edition(base))

    def of_codes(self, base: int | None, draft: Draft, codes: Collection[str]) -> list[Grid]:
        """Return those of the codes that are alive in the draft, by code."""
        stored = [] if base is None else self._grids.of_codes(base, codes)
        return _overlaid(stored, draft, lambda one: one.code in codes)

    def in_box(self, base: int | None, draft: Draft, box: Bounds) -> list[Grid]:
        """Return every grid, of any level, whose own box meets a box; by code."""
        stored = [] if base is None else self._grids.in_box(base, box)
        shapes = np.array([one.shape for one in draft.grids], dtype=np.object_)
        west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
        meets = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
        near = {one.code for one, is_near in zip(draft.grids, meets.tolist(), strict=True) if is_near}
        return _overlaid(stored, draft, lambda one: one.code in near)

    def families(self, base: int | None, draft: Draft, parents: Collection[str | None]) -> list[Grid]:
        """Return some parents with all their children; None stands for the roots, which have no parent; by code."""
        stored: list[Grid] = []
        if base is not None:
            stored = self._grids.of_parents(base, parents)
            known = {one.code for one in stored}
            missing = {code for code in parents if code is not None and code not in known}
            stored += self._grids.of_codes(base, missing)
        return _overlaid(stored, draft, lambda one: one.parent in parents or one.code in parents)


def _overlaid(stored: Iterable[Grid], draft: Draft, is_wanted: Callable[[Grid], bool]) -> list[Grid]:
    touched = draft.touched
    grids = [one for one in stored if one.code not in touched] + [one for one in draft.grids if is_wanted(one)]
    return sorted(grids, key=lambda one: one.code)
