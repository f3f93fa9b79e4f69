"""Render one tile from what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import Principal
from gis_service.use_cases.follow_changes import layer_stem
from tiles.bands import choose_band
from tiles.encoding import join_layers
from tiles.etag import TileKey
from tiles.filters import KINDS
from tiles.layers import (
    LAYERS,
    SINGLE_ZOOM,
    TileEdition,
    TileLayer,
    choose_count_level,
    choose_level,
    countable_levels,
)


def sees_single_incidents(principal: Principal) -> bool:
    """Tell whether incidents are drawn one by one for the caller, or clustered from afar; the public sees counts."""
    return principal.role != "public"


def visible_layers(principal: Principal) -> Mapping[str, TileLayer]:
    """Return the layers that the caller may know of, by name."""
    return {name: layer for name, layer in LAYERS.items() if layer.data_class in principal.data_classes}


def permission_class(principal: Principal) -> str:
    """Return the class of callers who see the same tiles: the public, or a role in a scope; never a name.

    The role belongs to it: of one scope, dispatchers may see incidents without an owner where workers do not, and
    other classes of data.
    """
    if not sees_single_incidents(principal):
        return "public"
    return f"{principal.role} in {principal.scope or 'everything'}"


def moves_by_place(layer: TileLayer, principal: Principal) -> bool:
    """Tell whether a change of a layer alters only the tiles around it, for callers like this one.

    Not the public's counts: they stand at the label points of grids, far from what is counted.
    """
    is_counted = layer.name == "incidents" and not sees_single_incidents(principal)
    return layer.reach is not None and not is_counted


def read_data_version(layer: str, work: UnitOfWork) -> str:
    """Return what differs whenever the features of a layer differ that moves between editions."""
    with work:
        if LAYERS[layer].reach is not None:
            return _read_followed(layer, work)
        if layer == "hotspots":
            return _read_followed("incidents", work)
        own = work.tiles.version_of(layer)
        if layer == "indicators":
            # Both are counted there.
            return f"{own}/{_read_followed('buildings', work)}/{_read_followed('incidents', work)}"
        return own


@dataclass(frozen=True, slots=True)
class RenderedTile:
    """A tile, not compressed, empty when there is nothing in it; and how many features were too many, by layer."""

    body: bytes
    dropped: Mapping[str, int]


def render_tile(
    key: TileKey,
    edition: TileEdition,
    principal: Principal,
    work: UnitOfWork,
    among: Sequence[str] | None = None,
) -> bytes:
    """Return the tile of a key, as ``render_and_count``, where nobody asks what is lacking."""
    return render_and_count(key, edition, principal, work, among).body


def render_and_count(
    key: TileKey,
    edition: TileEdition,
    principal: Principal,
    work: UnitOfWork,
    among: Sequence[str] | None = None,
) -> RenderedTile:
    """Return the tile of a key.

    ``edition`` is the key's edition and ``principal`` any caller of the key's permission class.  ``among`` are the
    codes of the only grids that the public is shown, with their buildings and counts; None shows all.
    """
    layers = [LAYERS[name] for name in key.layers]
    drawn = [layer for layer in layers if layer.is_drawn_at(key.address.detail)]
    with work:
        body = join_layers([_render_layer(layer, key, edition, principal, work, among) for layer in drawn])
        return RenderedTile(body, work.tiles.dropped)


def _render_layer(
    layer: TileLayer,
    key: TileKey,
    edition: TileEdition,
    principal: Principal,
    work: UnitOfWork,
    among: Sequence[str] | None,
) -> bytes:
    if layer.name == "buildings":
        return work.tiles.buildings(layer, key.address, edition=edition.number, among=among)
    if layer.name in {"incidents", "hotspots"}:
        if sees_single_incidents(principal):
            return _render_incidents(layer, key, principal, work)
        level = choose_count_level(edition, key.address.detail)
        return work.tiles.incident_counts(
            layer,
            key.address,
            edition=edition.number,
            level=level.code,
            coarser=edition.coarser_than(level),
            filters=key.filters,
            among=among,
        )
    if layer.name in {"resources", "devices"}:
        return work.tiles.things(
            layer,
            key.address,
            edition=edition.number,
            kind=key.filters.kind,
            principal=principal,
            among=among,
        )
    if layer.name == "tracks":
        return work.tiles.tracks(
            layer, key.address, edition=edition.number, scope=principal.scope, filters=key.filters
        )
    return _render_grids(layer, key, edition, principal, work, among)


def _render_incidents(layer: TileLayer, key: TileKey, principal: Principal, work: UnitOfWork) -> bytes:
    if layer.name == "hotspots":
        draw = work.tiles.hotspots
    elif key.address.detail >= SINGLE_ZOOM:
        draw = work.tiles.incidents
    else:
        draw = work.tiles.incident_clusters
    return draw(
        layer,
        key.address,
        scope=principal.scope,
        places_incidents=principal.places_incidents,
        filters=key.filters,
    )


def _render_grids(
    layer: TileLayer,
    key: TileKey,
    edition: TileEdition,
    principal: Principal,
    work: UnitOfWork,
    among: Sequence[str] | None,
) -> bytes:
    asked = [level for level in edition.levels if level.code == key.filters.level]
    level = asked[0] if asked else choose_level(edition.present_levels(), key.address.detail)
    coarser = [] if asked else edition.coarser_than(level)
    band = choose_band(key.address.detail, level, edition.levels, edition.bands)
    if layer.name == "indicators":
        return work.tiles.indicators(
            layer,
            key.address,
            edition=edition.number,
            level=level.code,
            coarser=coarser,
            countable=countable_levels(edition),
            band=band,
            principal=principal,
            among=among,
        )
    return work.tiles.grids(
        layer,
        key.address,
        edition=edition.number,
        level=level.code,
        coarser=coarser,
        # Another layer of the tile may have a kind that grids have not.
        kind=key.filters.kind if key.filters.kind in KINDS else None,
        band=band,
        among=among,
    )


def _read_followed(layer: str, work: UnitOfWork) -> str:
    found = work.tile_changes.sum_of(layer)
    return f"{layer_stem(layer, found.base, found.edition)}.{found.total:x}"
