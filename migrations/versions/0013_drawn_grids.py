"""Which grids a tile draws, said once for all statements of tiles."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The drawn grids are a cut through the tree, so they neither overlap nor leave a hole: those of the level, coarser ones
# without children, and finer ones whose parent is coarser (a level was skipped there).
#
# PostgreSQL puts the body into the statement that calls it, before it plans: so it must stay one SELECT, STABLE and not
# STRICT.  IS TRUE keeps the planner from the index on editions: not knowing the edition it takes its grids for few, and
# would read all of them for each grid of the tile.
DRAWN_GRIDS = """
CREATE FUNCTION drawn_grids(box geometry, edition int, level text, coarser text[]) RETURNS TABLE (id bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $body$
    WITH coarse AS MATERIALIZED (
        SELECT g.id, g.code
        FROM grid AS g
        WHERE g.shape && drawn_grids.box
            AND (g.editions @> drawn_grids.edition) IS TRUE
            AND g.level = ANY (drawn_grids.coarser)
    )
    SELECT g.id
    FROM grid AS g
    WHERE g.shape && drawn_grids.box
        AND (g.editions @> drawn_grids.edition) IS TRUE
        AND g.level = drawn_grids.level
    UNION ALL
    SELECT coarse.id
    FROM coarse
    WHERE NOT EXISTS (
        SELECT FROM grid AS child
        WHERE child.parent = coarse.code AND (child.editions @> drawn_grids.edition) IS TRUE
    )
    UNION ALL
    SELECT child.id
    FROM coarse
    JOIN grid AS child ON child.parent = coarse.code AND (child.editions @> drawn_grids.edition) IS TRUE
    WHERE child.level <> drawn_grids.level AND child.level <> ALL (drawn_grids.coarser)
$body$
"""


def upgrade() -> None:
    op.execute(DRAWN_GRIDS)


def downgrade() -> None:
    op.execute("DROP FUNCTION drawn_grids")
