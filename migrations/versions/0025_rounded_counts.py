"""The public's counts are rounded cell by cell, up or down by a secret: what is subtracted tells nothing more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_FUNCTION = """
CREATE FUNCTION rounded_count(number bigint, secret bytea, cell text) RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
-- docs/data-classes.md tells why.  5 x floor((number + u) / 5), where u, 0 to 4, is the cell's for ever.
RETURN 5 * ((number + get_byte(sha256(secret || convert_to(cell, 'UTF8')), 0) % 5) / 5)
"""


def upgrade() -> None:
    op.create_table(
        "count_secret",
        sa.Column("id", sa.Boolean(), server_default=sa.true(), nullable=False, comment="there is one row"),
        sa.Column("secret", sa.LargeBinary(), nullable=False, comment="who knows it can undo some of the rounding"),
        sa.CheckConstraint("id", name=op.f("count_secret_one_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("count_secret_pk")),
    )
    op.execute(
        "INSERT INTO count_secret (secret) SELECT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text,"
        " 'UTF8'))"
    )
    op.execute(_FUNCTION)


def downgrade() -> None:
    op.execute("DROP FUNCTION rounded_count(bigint, bytea, text)")
    op.drop_table("count_secret")
