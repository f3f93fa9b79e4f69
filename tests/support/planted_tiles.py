"""The small ground of ``tile_ground.py`` with secrets planted in it, and what may be seen of it by whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shapely.geometry.base import BaseGeometry
from sqlalchemy import insert
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from gis_service.app import create_app
from gis_service.database.geometry import point_column
from gis_service.database.tables import category, incident
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.settings import Settings
from gis_service.use_cases.create_token import create_token
from tests.support.planted_things import NEVER_TOLD, TELEPHONE, store_planted_things
from tests.support.tile_ground import set_building_version, store_building, store_ground, store_incident
from tiles.address import TileAddress
from tiles.layers import LAYERS, TileLayer
from tiles.pyramid import tiles_over

U1 = ["D", "S1", "C1", "U1"]
K = ["D", "K"]

SECRET_CATEGORY = "secret_affair"
SECRET_ID = "5ec4e75e-c4e7-4ec4-8e75-5ec4e75ec4e7"
SECRET_PLACE = (102.7634567, 25.0456789)  # in K, far from its label point
"""Where the only incident of K is."""

PLACES = {"U1": (102.7103, 25.0107), "K": (102.7631, 25.0453)}
"""Where there is a resource and a device of each class."""

CALLERS = {
    "public": None,
    "worker of U1": ("worker", "U1"),
    "router of U1": ("router", "U1"),
    "router of K": ("router", "K"),
    "auditor of U1": ("auditor", "U1"),
    "dispatcher of D": ("dispatcher", "D"),
}
"""Classes of callers: role and scope; no token for the public."""


def store_planted_ground(sessions: sessionmaker[Session]) -> dict[str, dict[str, str]]:
    """Store the ground and what is on it; return the headers of each caller.

    There are three buildings, four incidents in U1, one secret in K, and the things of ``planted_things.py``.
    """
    work = UnitOfWork(sessions)
    store_ground(work)
    store_building(work, "B1", 102.7099, 25.0101, "U1")
    store_building(work, "B2", 102.7710, 25.0201, "K")
    store_building(work, "B3", 102.7199, 25.0199, None)
    set_building_version(work, 3)
    for number in range(1, 5):
        store_incident(work, number, U1, lon=102.7099 + number / 1e4, lat=25.0101, of_category="hazard")
    store_planted_things(work, PLACES)
    with work:
        work._session.execute(insert(category).values(code=SECRET_CATEGORY, name="秘密", name_en="secret"))
        work._session.execute(insert(incident).values(**_secret()))
        work.commit()
    lifetime = timedelta(days=1)
    return {
        name: {}
        if who is None
        else {
            "Authorization": "Bearer "
            + create_token(role=who[0], scope=who[1], label=name, lifetime=lifetime, work=work)[0]
        }
        for name, who in CALLERS.items()
    }


def _secret() -> dict[str, object]:
    instant = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    return {
        "id": SECRET_ID,
        "state": "dispatched",
        "category": SECRET_CATEGORY,
        "severity": "major",
        "channel": "hotline",
        "description": f"{NEVER_TOLD}description {TELEPHONE}",
        "point": point_column(*SECRET_PLACE),
        "occurred_at": instant,
        "reported_at": instant,
        "reported_by": f"{NEVER_TOLD}author",
        "owner": "K",
        "chain": K,
        "located_by": "coordinate",
        "explain": {},
    }


@contextmanager
def worker_of(url: str, home: Path) -> Iterator[TestClient]:
    """Run a worker of the service in this process; workers with one home share what is on disk."""
    with TestClient(create_app(Settings(database_url=url, home=home))) as client:
        yield client


def layers_shown(client: TestClient, headers: Mapping[str, str]) -> list[TileLayer]:
    """Return the layers of the registry that a caller gets, be they empty; the others must be refused as such."""
    shown = []
    for layer in LAYERS.values():
        status = client.get(f"/tiles/1/{layer.name}.json", headers=headers).status_code
        assert status in {200, 401, 403, 404}, layer.name
        if status == 200:
            shown.append(layer)
    return shown


def tiles_to(max_zoom: int, ground: BaseGeometry, buffer: int = 0) -> list[TileAddress]:
    """Return the tiles that meet ground or come within a buffer of it, from zoom 0 on."""
    return sorted(
        TileAddress(zoom, x, y)
        for zoom, columns, rows in tiles_over(ground, 0, max_zoom, buffer)
        for x, y in zip(columns.tolist(), rows.tolist(), strict=True)
    )
