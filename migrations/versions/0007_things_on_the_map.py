"""Indicators by grid, resources, devices and positions of staff, with versions that the database itself moves on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CLASSES = "data_class IN ('general', 'important', 'core')"
_WORD = "code ~ '^[a-z][a-z_]{0,31}$'"

_MOVED_BY = {
    "indicators": ("indicator", "indicator_value"),
    "resources": ("resource", "resource_kind"),
    "devices": ("device", "device_kind"),
    "tracks": ("position",),
}
"""The tables by the layer whose version they move on."""


def upgrade() -> None:
    _create_indicators()
    _create_kinds()
    _create_things()
    _create_positions()
    _create_triggers()


def _point() -> sa.Column[object]:
    shape = Geometry(
        geometry_type="POINT",
        srid=4326,
        dimension=2,
        spatial_index=False,
        from_text="ST_GeomFromEWKT",
        name="geometry",
        nullable=False,
    )
    return sa.Column("point", shape, nullable=False)


def _create_indicators() -> None:
    op.create_table(
        "indicator",
        sa.Column("code", sa.Text(), nullable=False, comment="the name of its field in tiles"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("more_is", sa.Text(), server_default="neutral", nullable=False),
        sa.Column("rollup", sa.Text(), nullable=False, comment="how a grid's value is made of those below it"),
        sa.Column("data_class", sa.Text(), nullable=False),
        sa.Column(
            "thresholds",
            sa.ARRAY(sa.Double()),
            server_default=sa.text("'{}'::double precision[]"),
            nullable=False,
            comment="rising; where a map changes its colour",
        ),
        sa.CheckConstraint(
            "code ~ '^[a-z][a-z0-9_]{0,31}$' AND code NOT IN ('code', 'name', 'level', 'buildings', 'incidents')",
            name=op.f("indicator_code_ck"),
        ),
        sa.CheckConstraint("more_is IN ('good', 'bad', 'neutral')", name=op.f("indicator_more_is_ck")),
        sa.CheckConstraint("rollup IN ('sum', 'mean', 'weighted_mean')", name=op.f("indicator_rollup_ck")),
        sa.CheckConstraint(_CLASSES, name=op.f("indicator_data_class_ck")),
        sa.PrimaryKeyConstraint("code", name=op.f("indicator_pk")),
    )
    op.create_table(
        "indicator_value",
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("grid_code", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False, comment="the first day after the period"),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_estimated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("until > since", name=op.f("indicator_value_period_ck")),
        sa.CheckConstraint("value > '-Infinity' AND value < 'Infinity'", name=op.f("indicator_value_finite_ck")),
        sa.ForeignKeyConstraint(["indicator"], ["indicator.code"], name=op.f("indicator_value_indicator_fk")),
        sa.ForeignKeyConstraint(["grid_code"], ["grid_code.code"], name=op.f("indicator_value_grid_code_fk")),
        sa.PrimaryKeyConstraint("indicator", "since", "grid_code", name=op.f("indicator_value_pk")),
    )
    op.create_index("indicator_value_grid_ix", "indicator_value", ["grid_code"])


def _create_kinds() -> None:
    op.create_table(
        "resource_kind",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.CheckConstraint(_WORD, name=op.f("resource_kind_code_ck")),
        sa.PrimaryKeyConstraint("code", name=op.f("resource_kind_pk")),
    )
    op.create_table(
        "device_kind",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column(
            "silent_after_s",
            sa.Integer(),
            nullable=True,
            comment="not seen for longer it is silent; NULL: it never reports",
        ),
        sa.CheckConstraint(_WORD, name=op.f("device_kind_code_ck")),
        sa.CheckConstraint("silent_after_s > 0", name=op.f("device_kind_silent_after_ck")),
        sa.PrimaryKeyConstraint("code", name=op.f("device_kind_pk")),
    )


def _create_things() -> None:
    op.create_geospatial_table(
        "resource",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True, comment="the last day of use; NULL: it keeps"),
        _point(),
        sa.Column("data_class", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "quantity >= 0 AND quantity < 'Infinity'",
            name=op.f("resource_quantity_ck"),
        ),
        sa.CheckConstraint(_CLASSES, name=op.f("resource_data_class_ck")),
        sa.ForeignKeyConstraint(["kind"], ["resource_kind.code"], name=op.f("resource_kind_fk")),
        sa.PrimaryKeyConstraint("code", name=op.f("resource_pk")),
        sa.UniqueConstraint("feature_id", name=op.f("resource_feature_id_uq")),
    )
    op.create_geospatial_table(
        "device",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _point(),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_class", sa.Text(), nullable=False),
        sa.CheckConstraint(_CLASSES, name=op.f("device_data_class_ck")),
        sa.ForeignKeyConstraint(["kind"], ["device_kind.code"], name=op.f("device_kind_fk")),
        sa.PrimaryKeyConstraint("code", name=op.f("device_pk")),
        sa.UniqueConstraint("feature_id", name=op.f("device_feature_id_uq")),
    )
    for table in ("resource", "device"):
        op.create_index(f"{table}_kind_ix", table, ["kind"])
        op.create_geospatial_index(
            f"{table}_point_ix", table, ["point"], unique=False, postgresql_using="gist", postgresql_ops={}
        )


def _create_positions() -> None:
    op.create_geospatial_table(
        "position",
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="of the instant, by the clock on the wall there"),
        _point(),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.CheckConstraint("accuracy_m >= 0", name=op.f("position_accuracy_ck")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("position_staff_id_fk")),
        sa.PrimaryKeyConstraint("staff_id", "at", name=op.f("position_pk")),
    )
    op.create_index("position_day_ix", "position", ["day", "staff_id", "at"])
    op.create_geospatial_index(
        "position_point_ix", "position", ["point"], unique=False, postgresql_using="gist", postgresql_ops={}
    )


def _create_triggers() -> None:
    op.execute(
        """
        CREATE FUNCTION move_data_version() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO data_version AS moved (layer, version) VALUES (TG_ARGV[0], 1)
            ON CONFLICT (layer) DO UPDATE SET version = moved.version + 1;
            RETURN NULL;
        END $$
        """
    )
    for layer, tables in _MOVED_BY.items():
        for table in tables:
            _create_trigger(table, layer, "INSERT OR UPDATE OR DELETE OR TRUNCATE")
    # Who serves another grid is seen by others; new staff have no positions yet.
    _create_trigger("staff", "tracks", "UPDATE OR DELETE")


def _create_trigger(table: str, layer: str, events: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_version AFTER {events} ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION move_data_version('{layer}')"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER staff_version ON staff")
    for table in ("position", "device", "resource"):
        op.drop_geospatial_table(table)
    for table in ("device_kind", "resource_kind", "indicator_value", "indicator"):
        op.drop_table(table)
    op.execute("DROP FUNCTION move_data_version()")
    for layer in _MOVED_BY:
        op.execute(sa.text("DELETE FROM data_version WHERE layer = :layer").bindparams(layer=layer))
