"""All tables of the first version: ground, plans, buildings, people, rules, incidents, access.

Made from gis_service/database/tables.py; later migrations add to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True, comment="grid code; covers its subtree; NULL everything"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('worker', 'router', 'dispatcher', 'planner', 'auditor', 'admin')",
            name=op.f("api_token_role_ck"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("api_token_pk")),
        sa.UniqueConstraint("hash", name=op.f("api_token_hash_uq")),
    )
    op.create_geospatial_table(
        "building",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("storeys", sa.SmallInteger(), nullable=True),
        sa.Column("households", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("households >= 0", name=op.f("building_households_ck")),
        sa.CheckConstraint("storeys > 0", name=op.f("building_storeys_ck")),
        sa.PrimaryKeyConstraint("code", name=op.f("building_pk")),
        sa.UniqueConstraint("feature_id", name=op.f("building_feature_id_uq")),
    )
    op.create_geospatial_index(
        "building_point_ix", "building", ["point"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("calendar_day_pk")),
    )
    op.create_table(
        "category",
        sa.Column("code", sa.Text(), nullable=False, comment="dotted: dispute.property lies under dispute"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z_]+(\\.[a-z_]+)*$'", name=op.f("category_form_ck")),
        sa.PrimaryKeyConstraint("code", name=op.f("category_pk")),
    )
    op.create_table(
        "data_version",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("layer", name=op.f("data_version_pk")),
    )
    op.create_table(
        "department",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("department_pk")),
    )
    op.create_geospatial_table(
        "edition",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("grid_count", sa.Integer(), nullable=False),
        sa.Column(
            "checksum", sa.Text(), nullable=False, comment="sha256 over code, level, parent and WKB of every grid"
        ),
        sa.Column(
            "certificate",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what lets anyone re-check that the edition tiles its area",
        ),
        sa.Column(
            "bounds",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("number > 0", name=op.f("edition_number_positive_ck")),
        sa.PrimaryKeyConstraint("number", name=op.f("edition_pk")),
        sa.UniqueConstraint("effective_from", name=op.f("edition_effective_from_uq")),
    )
    op.create_table(
        "grid_code",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("feature_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9A-Za-z]{1,32}$'", name=op.f("grid_code_form_ck")),
        sa.PrimaryKeyConstraint("code", name=op.f("grid_code_pk")),
        sa.UniqueConstraint("feature_id", name=op.f("grid_code_feature_id_uq")),
    )
    op.create_table(
        "level",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False, comment="0 is the root; a child ranks below its parent"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("min_zoom", sa.SmallInteger(), nullable=False, comment="first zoom at which tiles draw this level"),
        sa.Column("max_zoom", sa.SmallInteger(), nullable=False, comment="last zoom at which tiles draw this level"),
        sa.CheckConstraint(
            "min_zoom BETWEEN 0 AND 24 AND max_zoom BETWEEN min_zoom AND 24", name=op.f("level_zooms_ck")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("level_pk")),
        sa.UniqueConstraint("rank", name=op.f("level_rank_uq")),
    )
    op.create_table(
        "building_owner",
        sa.Column("building_code", sa.Text(), nullable=False),
        sa.Column("editions", postgresql.INT4RANGE(), nullable=False),
        sa.Column("grid_code", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("building_code"), "="),
            (sa.column("editions"), "&&"),
            using="gist",
            name="building_owner_one_per_edition",
        ),
        sa.ForeignKeyConstraint(
            ["building_code"], ["building.code"], name=op.f("building_owner_building_code_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["grid_code"], ["grid_code.code"], name=op.f("building_owner_grid_code_fk")),
    )
    op.create_index("building_owner_grid_ix", "building_owner", ["grid_code", "building_code"], unique=False)
    op.create_table(
        "deadline_rule",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True, comment="and all below it; NULL every category"),
        sa.Column("severity", sa.Text(), nullable=True, comment="NULL any"),
        sa.Column("stage", sa.Text(), nullable=False, comment="which clock: to accept, or to handle"),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False, comment="minutes when elapsed, days when working"),
        sa.Column("response_class", sa.Text(), nullable=False),
        sa.Column("in_force", postgresql.TSTZRANGE(), server_default=sa.text("'(,)'::tstzrange"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("coalesce(category, '')"), "="),
            (sa.text("coalesce(severity, '')"), "="),
            (sa.column("stage"), "="),
            (sa.column("in_force"), "&&"),
            using="gist",
            name="deadline_rule_unambiguous",
        ),
        sa.CheckConstraint("clock IN ('elapsed', 'working')", name=op.f("deadline_rule_clock_ck")),
        sa.CheckConstraint(
            "response_class IN ('immediate', 'same_day', 'within_3_days')",
            name=op.f("deadline_rule_response_class_ck"),
        ),
        sa.CheckConstraint("severity IN ('general', 'larger', 'major')", name=op.f("deadline_rule_severity_ck")),
        sa.CheckConstraint("stage IN ('accept', 'handle')", name=op.f("deadline_rule_stage_ck")),
        sa.CheckConstraint("amount >= 0", name=op.f("deadline_rule_amount_ck")),
        sa.ForeignKeyConstraint(["category"], ["category.code"], name=op.f("deadline_rule_category_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("deadline_rule_pk")),
    )
    op.create_table(
        "dispatch_rule",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False, comment="and all below it"),
        sa.Column("grid_code", sa.Text(), nullable=True, comment="and its subtree; NULL everywhere"),
        sa.Column("kind", sa.Text(), nullable=True, comment="kind of the owner; NULL any"),
        sa.Column("severity", sa.Text(), nullable=True, comment="NULL any"),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("assisting", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("in_force", postgresql.TSTZRANGE(), server_default=sa.text("'(,)'::tstzrange"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("category"), "="),
            (sa.text("coalesce(grid_code, '')"), "="),
            (sa.text("coalesce(kind, '')"), "="),
            (sa.text("coalesce(severity, '')"), "="),
            (sa.column("in_force"), "&&"),
            using="gist",
            name="dispatch_rule_unambiguous",
        ),
        sa.CheckConstraint("kind IN ('standard', 'dedicated')", name=op.f("dispatch_rule_kind_ck")),
        sa.CheckConstraint("severity IN ('general', 'larger', 'major')", name=op.f("dispatch_rule_severity_ck")),
        sa.ForeignKeyConstraint(["category"], ["category.code"], name=op.f("dispatch_rule_category_fk")),
        sa.ForeignKeyConstraint(["department"], ["department.code"], name=op.f("dispatch_rule_department_fk")),
        sa.ForeignKeyConstraint(["grid_code"], ["grid_code.code"], name=op.f("dispatch_rule_grid_code_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("dispatch_rule_pk")),
    )
    op.create_geospatial_table(
        "entrance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("building_code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["building_code"], ["building.code"], name=op.f("entrance_building_code_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("entrance_pk")),
        sa.UniqueConstraint("building_code", "label", name=op.f("entrance_building_code_label_uq")),
    )
    op.create_geospatial_index(
        "entrance_point_ix", "entrance", ["point"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_table(
        "grid",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("editions", postgresql.INT4RANGE(), nullable=False, comment="half-open: alive in these editions"),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True, comment="NULL for the root"),
        sa.Column("kind", sa.Text(), server_default="standard", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("area_m2", sa.Double(), nullable=False, comment="geodesic"),
        sa.Column(
            "label_point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
            comment="inside the grid, far from its edges",
        ),
        sa.Column(
            "shape",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="),
            (sa.column("editions"), "&&"),
            using="gist",
            name="grid_one_row_per_code_and_edition",
        ),
        sa.CheckConstraint("kind IN ('standard', 'dedicated')", name=op.f("grid_kind_ck")),
        sa.CheckConstraint(
            "NOT isempty(editions) AND lower_inc(editions) AND NOT upper_inc(editions)", name=op.f("grid_editions_ck")
        ),
        sa.CheckConstraint("households >= 0", name=op.f("grid_households_ck")),
        sa.ForeignKeyConstraint(["code"], ["grid_code.code"], name=op.f("grid_code_fk")),
        sa.ForeignKeyConstraint(["level"], ["level.code"], name=op.f("grid_level_fk")),
        sa.ForeignKeyConstraint(["parent"], ["grid_code.code"], name=op.f("grid_parent_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("grid_pk")),
    )
    op.create_index("grid_level_ix", "grid", ["level", "code"], unique=False)
    op.create_index("grid_parent_ix", "grid", ["parent", "code"], unique=False)
    op.create_geospatial_index(
        "grid_shape_ix", "grid", ["shape"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feature_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("locus", sa.Text(), nullable=True, comment="floor, roof or facade, in words"),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column(
            "point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
            comment="where it happened",
        ),
        sa.Column(
            "reporter_point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
            comment="where the reporter stood",
        ),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("building_code", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column(
            "chain", sa.ARRAY(sa.Text()), nullable=False, comment="codes, root first; the scope of who may see it"
        ),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("located_by", sa.Text(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=True, comment="to the nearest grid when outside coverage"),
        sa.Column("tied_with", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("assisting", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("response_class", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("explain", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "(owner IS NULL) = (state = 'unlocated') OR state IN ('cancelled', 'merged')",
            name=op.f("incident_owner_ck"),
        ),
        sa.CheckConstraint(
            "channel IN ('patrol', 'resident', 'device', 'hotline', 'department')", name=op.f("incident_channel_ck")
        ),
        sa.CheckConstraint(
            "located_by IN ('building', 'coordinate', 'grid', 'reporter', 'nowhere')",
            name=op.f("incident_located_by_ck"),
        ),
        sa.CheckConstraint("severity IN ('general', 'larger', 'major')", name=op.f("incident_severity_ck")),
        sa.CheckConstraint(
            "state IN ('reported', 'accepted', 'dispatched', 'handled', 'verified', 'archived', 'evaluated', 'returned', 'merged', 'cancelled', 'unlocated')",
            name=op.f("incident_state_ck"),
        ),
        sa.ForeignKeyConstraint(["building_code"], ["building.code"], name=op.f("incident_building_code_fk")),
        sa.ForeignKeyConstraint(["category"], ["category.code"], name=op.f("incident_category_fk")),
        sa.ForeignKeyConstraint(["department"], ["department.code"], name=op.f("incident_department_fk")),
        sa.ForeignKeyConstraint(["edition"], ["edition.number"], name=op.f("incident_edition_fk")),
        sa.ForeignKeyConstraint(["owner"], ["grid_code.code"], name=op.f("incident_owner_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_pk")),
    )
    op.create_index(
        "incident_chain_ix",
        "incident",
        ["chain"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "incident_external_id_ix",
        "incident",
        ["external_id"],
        unique=False,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "incident_open_due_ix",
        "incident",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('archived', 'evaluated', 'merged', 'cancelled')"),
    )
    op.create_index("incident_owner_ix", "incident", ["owner", "id"], unique=False)
    op.create_geospatial_index(
        "incident_point_ix", "incident", ["point"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("base_edition", sa.Integer(), nullable=True, comment="NULL before the first edition"),
        sa.Column(
            "version", sa.Integer(), server_default="1", nullable=False, comment="moves with every change; the ETag"
        ),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_edition", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'published') = (published_edition IS NOT NULL)", name=op.f("plan_published_edition_ck")
        ),
        sa.CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name=op.f("plan_state_ck")),
        sa.ForeignKeyConstraint(["base_edition"], ["edition.number"], name=op.f("plan_base_edition_fk")),
        sa.ForeignKeyConstraint(["published_edition"], ["edition.number"], name=op.f("plan_published_edition_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("plan_pk")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("grid_code", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("role IN ('head', 'worker', 'liaison', 'volunteer')", name=op.f("staff_role_ck")),
        sa.CheckConstraint("until > since", name=op.f("staff_dates_ck")),
        sa.ForeignKeyConstraint(["grid_code"], ["grid_code.code"], name=op.f("staff_grid_code_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("staff_pk")),
    )
    op.create_index("staff_grid_ix", "staff", ["grid_code"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("idempotency_key_incident_id_fk")),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("idempotency_key_pk")),
    )
    op.create_table(
        "incident_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("from_grid", sa.Text(), nullable=True),
        sa.Column("to_grid", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("incident_event_incident_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("incident_event_pk")),
    )
    op.create_index("incident_event_incident_ix", "incident_event", ["incident_id", "id"], unique=False)
    op.create_table(
        "plan_change",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("plan_change_plan_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("plan_id", "position", name=op.f("plan_change_pk")),
    )
    op.create_geospatial_table(
        "plan_grid",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column(
            "attributes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "shape",
            Geometry(srid=4326, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"),
            nullable=True,
            comment="as drawn: a draft may be wrong",
        ),
        sa.CheckConstraint(
            "retired OR (level IS NOT NULL AND kind IS NOT NULL AND name IS NOT NULL AND shape IS NOT NULL)",
            name=op.f("plan_grid_complete_ck"),
        ),
        sa.ForeignKeyConstraint(["level"], ["level.code"], name=op.f("plan_grid_level_fk")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("plan_grid_plan_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("plan_id", "code", name=op.f("plan_grid_pk")),
    )


def downgrade() -> None:
    op.drop_geospatial_table("plan_grid")
    op.drop_table("plan_change")
    op.drop_index("incident_event_incident_ix", table_name="incident_event")
    op.drop_table("incident_event")
    op.drop_table("idempotency_key")
    op.drop_index("staff_grid_ix", table_name="staff")
    op.drop_table("staff")
    op.drop_table("plan")
    op.drop_geospatial_index("incident_point_ix", table_name="incident", postgresql_using="gist", column_name="point")
    op.drop_index("incident_owner_ix", table_name="incident")
    op.drop_index(
        "incident_open_due_ix",
        table_name="incident",
        postgresql_where=sa.text("state NOT IN ('archived', 'evaluated', 'merged', 'cancelled')"),
    )
    op.drop_index(
        "incident_external_id_ix", table_name="incident", postgresql_where=sa.text("external_id IS NOT NULL")
    )
    op.drop_index("incident_chain_ix", table_name="incident", postgresql_using="gin")
    op.drop_geospatial_table("incident")
    op.drop_geospatial_index("grid_shape_ix", table_name="grid", postgresql_using="gist", column_name="shape")
    op.drop_index("grid_parent_ix", table_name="grid")
    op.drop_index("grid_level_ix", table_name="grid")
    op.drop_geospatial_table("grid")
    op.drop_geospatial_index("entrance_point_ix", table_name="entrance", postgresql_using="gist", column_name="point")
    op.drop_geospatial_table("entrance")
    op.drop_table("dispatch_rule")
    op.drop_table("deadline_rule")
    op.drop_index("building_owner_grid_ix", table_name="building_owner")
    op.drop_table("building_owner")
    op.drop_table("level")
    op.drop_table("grid_code")
    op.drop_geospatial_table("edition")
    op.drop_table("department")
    op.drop_table("data_version")
    op.drop_table("category")
    op.drop_table("calendar_day")
    op.drop_geospatial_index("building_point_ix", table_name="building", postgresql_using="gist", column_name="point")
    op.drop_geospatial_table("building")
    op.drop_table("api_token")
