"""Say what tiles there are of an edition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.indicator import NewestIndicator
from gis_service.errors import NotFoundError
from tiles.filters import KINDS
from tiles.layers import LevelBand, TileEdition, TileLayer


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
