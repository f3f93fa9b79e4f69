"""A building with two doors in the tiny district, and the routes of plates and doors' pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from sqlalchemy import insert
from starlette.testclient import TestClient

from gis_service.api import door_page, door_reports, plates
from gis_service.api.access import TokenCache
from gis_service.api.door_desk import DoorDesk
from gis_service.api.problems import install_problems
from gis_service.api.tile_cache import TileCache
from gis_service.database.tables import building_alias
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.alarms import USUAL
from gis_service.domain.allowance import Allowance
from gis_service.domain.building import Building, Entrance
from gis_service.domain.building_code import make_building_code
from gis_service.domain.rule_rows import RuleTables
from gis_service.domain.staff import StaffMember
from gis_service.files.photo_store import PhotoStore
from gis_service.snapshots.holder import SnapshotHolder
from gis_service.use_cases.load_rules import load_rules
from tests.support.desk import RULES
from tests.support.ground import UNITS
from tests.support.lookups import NOT_LISTENING

CODE = make_building_code("530103", 4217)
NORTH_WEST, SOUTH_WEST, *_ = UNITS
# In the north-west unit grid, 100 m north of the edge to the south-west one.
TOWER = Building(
    CODE,
    "翡翠楼",
    "人民路<9>号",
    "residential",
    102.705,
    25.011,
    households=120,
    entrances=(Entrance("1", 102.7052, 25.011), Entrance("东门", 102.706, 25.011)),
)
PUBLIC_URL = "https://grid.example.cn"
SECRET = b"a secret of the tests"


def settle(work: UnitOfWork) -> None:
    """Store the building, an alias, rules, and who serves the two grids, on ground that is there."""
    load_rules(RuleTables(departments=RULES.departments, categories=RULES.categories), work)
    load_rules(RuleTables(dispatch=RULES.dispatch[:2], deadlines=RULES.deadlines), work)
    with work:
        work.buildings.add_many([TOWER], [NORTH_WEST], edition=1)
        row = {"scheme": "fire", "alias": "A17", "building_code": CODE}
        work.buildings._session.execute(insert(building_alias), [row])
        since = date(2026, 1, 1)
        work.staff.add_many(
            [
                StaffMember("欧阳建国", "worker", NORTH_WEST, since, "13800138000"),
                StaffMember("张小明", "head", NORTH_WEST, since, "0871-63161234"),
                StaffMember("隐名氏", "volunteer", NORTH_WEST, since, "13900139000"),
                StaffMember("李大力", "head", SOUTH_WEST, since, None),
            ]
        )
        work.commit()


def holder_of(open_work: Callable[[], UnitOfWork]) -> SnapshotHolder:
    """The edition in force, in memory."""
    held = SnapshotHolder(open_work, listen_url=NOT_LISTENING, poll_s=60.0, clock=lambda: datetime.now(UTC))
    held.refresh()
    return held


@contextmanager
def door_client(
    open_work: Callable[[], UnitOfWork], photos: Path, *, contacts="masked", of_address=100, of_building=100
) -> Iterator[TestClient]:
    """A client of the routes; its ``app_state`` is what requests find."""
    holder = holder_of(open_work)

    @asynccontextmanager
    async def lifespan(_):
        yield {
            "open_work": open_work,
            "snapshots": holder,
            "token_cache": TokenCache(60),
            "timezone": ZoneInfo("Asia/Shanghai"),
            "alarms": USUAL,
            "photos": PhotoStore(str(photos)),
            "photo_limit_bytes": 100_000,
            "sheet_cache": TileCache(1_000_000, 1),
            "sheet_font": None,
            "public_url": PUBLIC_URL,
            "door": DoorDesk(SECRET, contacts, Allowance(of_address), Allowance(of_building)),
        }

    app = FastAPI(lifespan=lifespan)
    for module in (plates, door_page, door_reports):
        app.include_router(module.router)
    install_problems(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
