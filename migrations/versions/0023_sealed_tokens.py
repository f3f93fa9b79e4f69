"""Name the key that seals the hash of a token; none: a bare SHA-256, as all were.

Revision ID: 0024
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "name of the key that sealed the hash; NULL: a bare SHA-256"
    op.add_column("api_token", sa.Column("key_name", sa.Text, nullable=True, comment=comment))


def downgrade() -> None:
    op.execute(
        """
        DO $$ BEGIN
            IF EXISTS (SELECT FROM api_token WHERE key_name IS NOT NULL AND expires_at > now()) THEN
                RAISE EXCEPTION 'tokens are sealed with a key: delete them, and hand out new ones afterwards';
            END IF;
        END $$
        """
    )
    op.drop_column("api_token", "key_name")
