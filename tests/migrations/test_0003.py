"""What was stored before plans were kept by change goes on to mean the same."""

from __future__ import annotations

import pytest
import shapely
from sqlalchemy import create_engine, text

from gis_service.database import migrate
from gis_service.database.engine import make_session_factory
from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.checksum import checksum
from tests.conftest import make_database
from tests.support.ground import LEVELS, tiny_tree

BEFORE = "0002"


@pytest.fixture
def old_engine(server_url):
    """A database at revision 0002 with an edition of eight grids and a draft that renames one and retires another."""
    engine = create_engine(make_database(server_url, "gis_migration_0003"))
    migrate.upgrade(engine, BEFORE)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO level VALUES (:code, :rank, :name, :name_en, :min_zoom, :max_zoom)"), LEVELS
        )
        connection.execute(
            text(
                "INSERT INTO edition VALUES (1, now(), now(), 'test', '', 8, 'old form', '{}',"
                " ST_MakeEnvelope(102.70, 25.00, 102.72, 25.02, 4326))"
            )
        )
        for grid in tiny_tree():
            row = {name: getattr(grid, name) for name in ("code", "level", "parent", "kind", "name", "households")}
            row["wkb"] = shapely.to_wkb(grid.shape)
            connection.execute(text("INSERT INTO grid_code (code) VALUES (:code)"), row)
            connection.execute(
                text(
                    "INSERT INTO grid"
                    " (code, editions, level, parent, kind, name, households, area_m2, label_point, shape)"
                    " SELECT :code, '[1,)', :level, :parent, :kind, :name, :households, 1, ST_Centroid(shape),"
                    " ST_Multi(shape) FROM ST_GeomFromWKB(CAST(:wkb AS bytea), 4326) AS shape"
                ),
                row,
            )
        connection.execute(text("INSERT INTO plan (title, base_edition, created_by) VALUES ('draft', 1, 'test')"))
        for position in (1, 2):
            connection.execute(
                text("INSERT INTO plan_change VALUES (1, :position, 'replace', '{}', 'test', now())"),
                {"position": position},
            )
        connection.execute(
            text(
                "INSERT INTO plan_grid (plan_id, code, level, kind, name, shape)"
                " SELECT 1, code, level, kind, '新名', shape FROM grid WHERE code = '530103001001001'"
            )
        )
        connection.execute(text("INSERT INTO plan_grid (plan_id, code, retired) VALUES (1, '530103001001002', true)"))
    yield engine
    engine.dispose()


def test_grids_get_digests_and_editions_the_checksum_over_them(old_engine):
    """The checksum is what the same grids would give when they are published today."""
    migrate.upgrade(old_engine)

    work = UnitOfWork(make_session_factory(old_engine))
    with work:
        assert work.editions.get(1).checksum == checksum(tiny_tree())
        assert work.grids.checksum(1) == checksum(tiny_tree())


def test_a_draft_keeps_its_footprint_up_and_down(old_engine):
    """One grid renamed, one retired; down and up again too."""
    for _ in range(2):
        migrate.upgrade(old_engine)
        work = UnitOfWork(make_session_factory(old_engine))
        with work:
            draft = work.plans.draft(1)
            assert [(grid.code, grid.name) for grid in draft.grids] == [("530103001001001", "新名")]
            assert draft.retired == {"530103001001002"}
            assert work.plans.get(1).head == 2
        migrate.downgrade(old_engine, BEFORE)
