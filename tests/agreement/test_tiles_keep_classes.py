"""Whoever asks, by whichever address, gets what is for his class on his ground, and nobody the name of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mapbox_vector_tile
import pytest
from starlette.testclient import TestClient

from gis_service.api.ogc_links import MVT
from gis_service.domain.feature import COLLECTIONS
from tests.support.planted_things import (
    NEVER_TOLD,
    OPEN_INDICATOR,
    SEALED_INDICATORS,
    TELEPHONE,
    TRACK_PLACE,
    thing_word,
)
from tests.support.planted_tiles import CALLERS, PLACES, SECRET_CATEGORY, SECRET_ID, SECRET_PLACE, layers_shown
from tests.support.tile_ground import tile_at
from tiles.address import TileAddress
from tiles.matrix_sets import MATRIX_SETS, OGC_MATRIX_SETS, WEB_MERCATOR, TileMatrixSet

EVERYWHERE = frozenset({"D", "S1", "S2", "K", "C1", "C2", "U1", "U2", "M1", "M2"})
OF_U1 = frozenset({"U1", "M1", "M2"})

CLEARED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "public": (frozenset(), frozenset()),
    "worker of U1": (frozenset({"important"}), OF_U1),
    "router of U1": (frozenset({"important"}), OF_U1),
    "router of K": (frozenset({"important"}), frozenset({"K"})),
    "auditor of U1": (frozenset({"important", "core"}), OF_U1),
    "dispatcher of D": (frozenset({"important", "core"}), EVERYWHERE),
}
"""The classes of data that each caller sees beside the general one, and the grids on whose ground."""

ZOOMS = (1, 8, 12, 14, 15, 19)
"""One for each way in which layers are drawn, by the finest detail that Web Mercator has there."""


def told_words(caller: str) -> set[str]:
    """Return the words that some answer to a caller must have."""
    classes, ground = CLEARED[caller]
    words = {OPEN_INDICATOR, *(SEALED_INDICATORS[one] for one in classes)}
    words |= {thing_word(one, code) for one in ("general", *classes) for code in ground & PLACES.keys()}
    return words | {thing_word("general", code) for code in PLACES} | ({SECRET_ID} if "K" in ground else set())


def hidden_words(caller: str) -> set[str]:
    """Return the words that no answer to a caller may have."""
    classes = ("important", "core")
    words = {SECRET_ID, *SEALED_INDICATORS.values()}
    words |= {thing_word(one, code) for one in classes for code in PLACES}
    _, ground = CLEARED[caller]
    return words - told_words(caller) | {NEVER_TOLD, TELEPHONE} | (set() if "K" in ground else {SECRET_CATEGORY})


def places_in(matrix: TileMatrixSet, details: Sequence[int] = ZOOMS) -> list[TileAddress]:
    """Return the tiles of a set that hold one of the two places where things are, at each of some details."""
    return [
        tile_at(detail - matrix.finer_by, *place, matrix)
        for detail in details
        if detail >= matrix.finer_by
        for place in (TRACK_PLACE, SECRET_PLACE)
    ]


def descriptions(names: str) -> list[str]:
    """Return the addresses at which layers, features and their filters are described, and all features."""
    sets = [f"/tiles/1/{names}/{matrix}.json" for matrix in MATRIX_SETS]
    esri = [f"/esri/{names}/VectorTileServer", f"/esri/{names}/CGCS2000Quad/VectorTileServer"]
    styles = ["/styles/light.json", "/styles/dark.json?lang=en", f"{esri[0]}/resources/styles/root.json"]
    ogc = ["", "/collections", "/tiles", *(f"/tiles/{one}" for one in OGC_MATRIX_SETS)]
    for collection in COLLECTIONS:
        ogc += [f"/collections/{collection}{rest}" for rest in ("", "/queryables", "/items?limit=1000", "/tiles")]
    ogc += [f"/collections/{collection}/tiles/{one}" for collection in COLLECTIONS for one in OGC_MATRIX_SETS]
    return [f"/tiles/1/{names}.json", *sets, *esri, *styles, *(f"/ogc{path}" for path in ogc)]


def tiles(names: str) -> list[str]:
    """Return the addresses of tiles: each matrix set of edition 1, an instant, Esri's and the OGC's of edition 2."""
    found = []
    for matrix in MATRIX_SETS.values():
        found += [f"/tiles/1/{names}/{matrix.id}/{one.z}/{one.x}/{one.y}.mvt" for one in places_in(matrix)]
    for one in places_in(WEB_MERCATOR, (12, 15)):
        found.append(f"/tiles/current/{names}/{one}.mvt?at=2026-01-01T12:00:00Z")
        found.append(f"/esri/{names}/VectorTileServer/tile/{one.z}/{one.y}/{one.x}.pbf")
    for matrix in OGC_MATRIX_SETS.values():
        for one in places_in(matrix, (14, 15)):
            row_and_column = f"{matrix.id}/{one.z}/{one.y}/{one.x}"
            found.append(f"/ogc/tiles/{row_and_column}")
            found += [f"/ogc/collections/{collection}/tiles/{row_and_column}" for collection in COLLECTIONS]
    return found


def check_ground(tile: bytes, caller: str, path: str) -> None:
    """Hold what a tile tells of grids against the ground of the caller."""
    _, ground = CLEARED[caller]
    decoded: dict[str, Any] = mapbox_vector_tile.decode(tile)
    for one in decoded.get("indicators", {"features": []})["features"]:
        properties = one["properties"]
        assert properties["code"] in ground or properties.keys().isdisjoint(SEALED_INDICATORS.values()), path
    for one in decoded.get("tracks", {"features": []})["features"]:
        assert one["properties"]["grid"] in ground, path
    for one in decoded.get("incidents", {"features": []})["features"]:
        assert one["properties"].get("owner") in {None, *ground}, path


@pytest.mark.parametrize("caller", sorted(CALLERS))
def test_a_caller_gets_what_his_class_may_know_and_nothing_else(
    planted: TestClient, callers: dict[str, dict[str, str]], caller: str
):
    """In all matrix sets, by all standards, in bodies and headers; and what he may know is told somewhere."""
    headers = callers[caller]
    layers = layers_shown(planted, headers)
    names = ",".join(layer.name for layer in layers)
    hidden = [word.encode() for word in hidden_words(caller)]
    told = b""
    assert ("tracks" in names) == ("core" in CLEARED[caller][0])
    for path in [*descriptions(names), *tiles(names)]:
        answer = planted.get(path, headers=headers)
        is_refused = answer.status_code == 401 and "/incidents" in path
        assert is_refused or answer.status_code in {200, 204}, (path, answer.text)
        body = answer.content
        assert [word for word in hidden if word in body or word in str(answer.headers).encode()] == [], path
        if answer.headers.get("content-type") == MVT:
            check_ground(body, caller, path)
            told += body
    secret = planted.get(f"/ogc/collections/incidents/items/{SECRET_ID}", headers=headers)
    assert (secret.status_code == 200) == (SECRET_ID in told_words(caller))
    assert [word for word in told_words(caller) if word.encode() not in told] == []
    assert (b"staff" in told) == ("tracks" in names)
