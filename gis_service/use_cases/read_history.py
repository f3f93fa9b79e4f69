"""Look back on one grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.edition import Edition
from gis_service.domain.grid import GridSpan
from gis_service.domain.lineage import Lineage
from gis_service.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class GridHistory:
    """The states of a grid, the oldest first, and the ground it gave and got with the edition that moved it."""

    spans: Sequence[GridSpan]
    lineage: Sequence[tuple[int, Lineage]]
    editions: Mapping[int, Edition]


def read_history(code: str, work: UnitOfWork) -> GridHistory:
    """Return what a grid has been, from its first edition to its last.

    Raises:
        NotFoundError: no edition has ever had a grid of this code.
    """
    with work:
        spans = work.grids.spans(code)
        if not spans:
            raise NotFoundError(f"no edition has ever had a grid with the code {code!r}")
        editions = {edition.number: edition for edition in work.editions.list_all()}
        return GridHistory(spans, work.lineage.of_grid(code), editions)
