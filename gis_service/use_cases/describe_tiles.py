"""Say what tiles there are of an edition."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.indicator import NewestIndicator
from gis_service.errors import NotFoundError
from tiles.filters import KINDS
from tiles.layers import LevelBand, TileEdition, TileLayer


@dataclass(frozen=True, slots=True)
class DatesOfEffect:
    """From when on each edition is in force, and its number; both rise."""

    dates: tuple[tuple[datetime, int], ...]

    def edition_at(self, instant: datetime) -> int | None:
        """Return the number of the edition in force at an instant; None before the first."""
        after = bisect_right(self.dates, instant, key=itemgetter(0))
        return self.dates[after - 1][1] if after else None

    def is_settled(self, instant: datetime) -> bool:
        """Tell whether no edition to come can be in force at an instant: each takes effect after all before it.

        From the newest edition's date on one may: a publication may be given a date that has passed.
        """
        return bool(self.dates) and instant < self.dates[-1][0]


def read_dates_of_effect(work: UnitOfWork) -> DatesOfEffect:
    """Return when which edition is in force, announced ones included."""
    with work:
        return DatesOfEffect(tuple(work.editions.dates_of_effect()))


def read_tile_edition(number: int, work: UnitOfWork) -> TileEdition:
    """Return what tiles need to know of an edition; of that, only bands not yet made may come to be there.

    Raises:
        NotFoundError: ``no-edition``, when it was never published.
    """
    with work:
        edition = work.editions.get(number)
        present = work.tiles.levels_in(number)
        bands = work.generalised.bands_of(number)
        levels = work.levels.list_all()
    if edition is None:
        raise NotFoundError(f"there is no edition {number}; see /v1/editions", code="no-edition")
    drawn = tuple(
        LevelBand(code=level.code, rank=level.rank, min_zoom=level.min_zoom, max_zoom=level.max_zoom)
        for level in levels
    )
    made_for = {number: made.level for number, made in bands.items()}
    told = repr((edition.checksum, edition.published_at, drawn, sorted(present), sorted(made_for.items())))
    return TileEdition(
        number=edition.number,
        bounds=edition.bounds,
        levels=drawn,
        present=frozenset(present),
        bands=made_for,
        content=hashlib.blake2b(told.encode(), digest_size=16).hexdigest(),
    )


def list_indicators(data_classes: Sequence[str], work: UnitOfWork) -> list[NewestIndicator]:
    """Return the indicators of some classes of data, by code, each with its newest period."""
    with work:
        return work.indicators.newest(data_classes)


def read_kinds(layer: TileLayer, work: UnitOfWork) -> list[str]:
    """Return the kinds by which a layer can be narrowed."""
    with work:
        if layer.name == "resources":
            return [kind.code for kind in work.resources.kinds()]
        if layer.name == "devices":
            return [kind.code for kind in work.devices.kinds()]
    return list(KINDS)


def read_categories(work: UnitOfWork) -> set[str]:
    """Return the categories to which incidents can be narrowed: each takes all below it."""
    with work:
        return work.rules.categories_and_above()


def add_indicator_fields(layers: Sequence[TileLayer], indicators: Sequence[NewestIndicator]) -> list[TileLayer]:
    """Return the layers, of which ``indicators`` has the fields that these indicators give it."""
    fields = {one.indicator.code: _describe(one) for one in indicators}
    return [
        replace(layer, fields={**layer.fields, **fields}) if layer.name == "indicators" else layer for layer in layers
    ]


def _describe(newest: NewestIndicator) -> str:
    one = newest.indicator
    period = "no values yet" if newest.since is None else f"{newest.since}/{newest.until}"
    return f"{one.name} / {one.name_en}, {one.unit}, {period}; absent where there is no value"
