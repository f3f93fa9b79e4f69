"""Plans that can be undone and redone, proofs by family, lineage, exceptions, coverage targets."""

from __future__ import annotations

import hashlib

import shapely
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROWS_AT_ONCE = 1000


def upgrade() -> None:
    _digest_grids()
    _plans()
    _proofs()


def _plans() -> None:
    op.add_column(
        "plan",
        sa.Column(
            "head",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="the last change that counts; undo lowers it",
        ),
    )
    op.add_column(
        "plan",
        sa.Column(
            "is_valid",
            sa.Boolean(),
            nullable=True,
            comment="verdict of the check at this version; NULL when nobody has asked",
        ),
    )
    op.add_column(
        "plan", sa.Column("reverts", sa.Integer(), nullable=True, comment="the edition whose changes it undoes")
    )
    op.create_foreign_key(op.f("plan_reverts_fk"), "plan", "edition", ["reverts"], ["number"])
    op.create_check_constraint(op.f("plan_head_ck"), "plan", "head >= 0")
    op.execute("UPDATE plan SET head = (SELECT count(*) FROM plan_change WHERE plan_change.plan_id = plan.id)")
    # Until now a plan kept only what all its changes together had made; that becomes the work of its last change.
    op.add_column("plan_grid", sa.Column("position", sa.Integer(), nullable=True))
    op.execute("UPDATE plan_grid SET position = (SELECT head FROM plan WHERE plan.id = plan_grid.plan_id)")
    op.alter_column("plan_grid", "position", nullable=False)
    op.drop_constraint(op.f("plan_grid_plan_id_fk"), "plan_grid", type_="foreignkey")
    op.drop_constraint(op.f("plan_grid_pk"), "plan_grid", type_="primary")
    op.create_primary_key(op.f("plan_grid_pk"), "plan_grid", ["plan_id", "position", "code"])
    op.create_foreign_key(
        op.f("plan_grid_plan_id_position_fk"),
        "plan_grid",
        "plan_change",
        ["plan_id", "position"],
        ["plan_id", "position"],
        ondelete="CASCADE",
    )
    op.add_column(
        "plan_grid",
        sa.Column(
            "refined",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="since the base it has only gained vertices on edges it had",
        ),
    )
    op.add_column(
        "plan_grid",
        sa.Column(
            "restored",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="a retired grid comes back",
        ),
    )


def _proofs() -> None:
    op.create_table(
        "family_proof",
        sa.Column("parent", sa.Text(), nullable=False, comment="empty for the roots"),
        sa.Column("since", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.Integer(), nullable=True, comment="NULL: to this day"),
        sa.Column(
            "proof",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="number of grids and edges, edge hash, exact area",
        ),
        sa.CheckConstraint("until > since", name=op.f("family_proof_order_ck")),
        sa.ForeignKeyConstraint(["since"], ["edition.number"], name=op.f("family_proof_since_fk")),
        sa.ForeignKeyConstraint(["until"], ["edition.number"], name=op.f("family_proof_until_fk")),
        sa.PrimaryKeyConstraint("parent", "since", name=op.f("family_proof_pk")),
    )
    op.create_table(
        "lineage",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("from_code", sa.Text(), nullable=True),
        sa.Column("to_code", sa.Text(), nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=False, comment="geodesic"),
        sa.Column("buildings", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_code IS NOT NULL OR to_code IS NOT NULL", name=op.f("lineage_somebody_ck")),
        sa.ForeignKeyConstraint(["edition"], ["edition.number"], name=op.f("lineage_edition_fk")),
        sa.ForeignKeyConstraint(["from_code"], ["grid_code.code"], name=op.f("lineage_from_code_fk")),
        sa.ForeignKeyConstraint(["to_code"], ["grid_code.code"], name=op.f("lineage_to_code_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("lineage_pk")),
    )
    for column in ("edition", "from_code", "to_code"):
        op.create_index(f"lineage_{column}_ix", "lineage", [column])
    op.create_table(
        "finding_exception",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("grids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="who answers for it"),
        sa.Column("expires_on", sa.Date(), nullable=False, comment="the last day on which it holds"),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reason <> '' AND owner <> ''", name=op.f("finding_exception_accounted_for_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("finding_exception_pk")),
    )
    op.create_index("finding_exception_finding_ix", "finding_exception", ["finding_id"])
    op.create_table(
        "coverage_target",
        sa.Column("grid_code", sa.Text(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False, comment="1 in town, at least 0.9 in the country"),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("share >= 0 AND share <= 1", name=op.f("coverage_target_share_ck")),
        sa.ForeignKeyConstraint(["grid_code"], ["grid_code.code"], name=op.f("coverage_target_grid_code_fk")),
        sa.PrimaryKeyConstraint("grid_code", name=op.f("coverage_target_pk")),
    )


def _digest_grids() -> None:
    """Give every stored grid its digest, and every edition the checksum over them.

    The recipe stands here once more on purpose: a migration must go on meaning what it meant.
    """
    comment = "sha256 of the grid; the edition's checksum is over these"
    op.add_column("grid", sa.Column("digest", sa.LargeBinary(), nullable=True, comment=comment))
    connection = op.get_bind()
    read = sa.text(
        "SELECT id, code, level, parent, kind, name, households, ST_AsBinary(shape) AS wkb FROM grid"
        " WHERE digest IS NULL ORDER BY id LIMIT :most"
    )
    write = sa.text("UPDATE grid SET digest = :digest WHERE id = :id")
    while rows := connection.execute(read, {"most": _ROWS_AT_ONCE}).all():
        connection.execute(write, [{"id": row.id, "digest": _digest(row)} for row in rows])
    op.alter_column("grid", "digest", nullable=False)
    op.execute(
        """
        UPDATE edition SET checksum = (
            SELECT encode(sha256(coalesce(string_agg(grid.digest, ''::bytea ORDER BY grid.code COLLATE "C"), '')), 'hex')
            FROM grid WHERE grid.editions @> edition.number
        )
        """
    )
    op.alter_column("edition", "checksum", comment="sha256 over the digests of its grids, by code")


def _digest(row: sa.Row) -> bytes:  # type: ignore[type-arg]
    shape = shapely.from_wkb(bytes(row.wkb))
    parts = shape.geoms if shape.geom_type == "MultiPolygon" else [shape]
    shape = parts[0] if len(parts) == 1 else shape
    fields = (row.code, row.level, row.parent, row.kind, row.name, row.households)
    return hashlib.sha256(repr(fields).encode() + shapely.to_wkb(shapely.normalize(shape))).digest()


def downgrade() -> None:
    for table in ("coverage_target", "finding_exception", "lineage", "family_proof"):
        op.drop_table(table)
    # Only what counts stays: the newest row of each grid up to the head.
    op.execute(
        """
        DELETE FROM plan_grid USING plan
        WHERE plan.id = plan_grid.plan_id AND (plan_grid.position > plan.head OR EXISTS (
            SELECT FROM plan_grid AS later
            WHERE later.plan_id = plan_grid.plan_id AND later.code = plan_grid.code
              AND later.position > plan_grid.position AND later.position <= plan.head
        ))
        """
    )
    op.execute("DELETE FROM plan_change USING plan WHERE plan.id = plan_change.plan_id AND position > plan.head")
    op.drop_constraint(op.f("plan_grid_plan_id_position_fk"), "plan_grid", type_="foreignkey")
    op.drop_constraint(op.f("plan_grid_pk"), "plan_grid", type_="primary")
    for column in ("position", "refined", "restored"):
        op.drop_column("plan_grid", column)
    op.create_primary_key(op.f("plan_grid_pk"), "plan_grid", ["plan_id", "code"])
    op.create_foreign_key(op.f("plan_grid_plan_id_fk"), "plan_grid", "plan", ["plan_id"], ["id"], ondelete="CASCADE")
    op.drop_constraint(op.f("plan_head_ck"), "plan", type_="check")
    op.drop_constraint(op.f("plan_reverts_fk"), "plan", type_="foreignkey")
    for column in ("head", "is_valid", "reverts"):
        op.drop_column("plan", column)
    comment = "sha256 over code, level, parent and WKB of every grid"
    op.alter_column("edition", "checksum", comment=comment)
    op.drop_column("grid", "digest")
