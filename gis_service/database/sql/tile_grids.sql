-- The grids of one tile, as areas (layer grids) or as label points (layer grid_labels).
--
-- In    the tile: west, south, east, north in the system srid (4326 for degrees of any name), and box_west, box_south,
--       box_east, box_north in degrees, in which features are sought; buffer in tile units;
--       edition; layer_name, the name that the layer gets; as_points; level, the level that is drawn;
--       coarser, the levels above it, or none of them to draw that level alone; kind, or NULL for both;
--       among, codes of the only grids that are drawn, or NULL;
--       band, whose generalised shapes are drawn, or NULL for the shapes as they are.
-- Out   one row: the layer as bytes, empty when nothing is drawn; features by id, which is the grid's for ever.
-- Rule  The drawn grids are a cut through the tree, so they neither overlap nor leave a hole: those of the level,
--       coarser ones without children, and finer ones whose parent is coarser (a level was skipped there).  The function
--       drawn_grids says so (migration 0010), for all statements of tiles; the planner puts it into each of them.
-- Units degrees in, 4096 tile units out.  Shared edges stay shared: generalised shapes leave the same vertices out on
--       both sides, every vertex is snapped by itself to the tile's grid, and only vertices in line with their
--       neighbours are dropped.
-- Index grid_shape_ix, or grid_level_ix at low zooms; grid_parent_ix, generalised_shape_pk.  Planned once for all tiles
--       at high zooms.  A grid is found by its shape as it is, two tile units at most from the generalised one, which the buffer covers.  The box is worked out once;
--       TileAddress.box tells how it is widened.
-- Parts What stands above the line "Encoding." finds the features with their shapes in degrees.  For a map that the
--       database cannot draw (GCJ-02) that part alone is asked; held_tiles.py shifts and encodes what it finds.
WITH tile AS NOT MATERIALIZED (
    SELECT
        ST_MakeEnvelope(
            CAST(:west AS float8), CAST(:south AS float8), CAST(:east AS float8), CAST(:north AS float8),
            CAST(:srid AS int)
        ) AS frame,
        ST_MakeEnvelope(
            CAST(:box_west AS float8), CAST(:box_south AS float8), CAST(:box_east AS float8),
            CAST(:box_north AS float8), 4326
        ) AS box
),
drawn AS (
    SELECT cut.id
    FROM tile, drawn_grids(tile.box, CAST(:edition AS int), CAST(:level AS text), CAST(:coarser AS text[])) AS cut
),
found AS (
    SELECT
        c.feature_id AS id,
        g.code,
        g.name,
        g.level,
        g.parent,
        g.kind,
        g.households,
        CASE WHEN CAST(:as_points AS boolean) THEN g.label_point ELSE coalesce(s.shape, g.shape) END AS shape
    FROM drawn
    JOIN grid AS g ON g.id = drawn.id
    JOIN grid_code AS c ON c.code = g.code
    LEFT JOIN generalised_shape AS s ON s.code = g.code
        AND s.band = CAST(:band AS smallint)
        AND s.since <= CAST(:edition AS int)
        AND (s.until IS NULL OR s.until > CAST(:edition AS int))
        AND NOT CAST(:as_points AS boolean)
    WHERE (CAST(:kind AS text) IS NULL OR g.kind = CAST(:kind AS text))
        AND (CAST(:among AS text[]) IS NULL OR g.code = ANY (CAST(:among AS text[])))
)
-- Encoding.
SELECT ST_AsMVT(feature, CAST(:layer_name AS text), 4096, 'geom', 'id' ORDER BY feature.id)
FROM (
    SELECT
        id, code, name, level, parent, kind, households,
        ST_AsMVTGeom(ST_Transform(shape, CAST(:srid AS int)), tile.frame, 4096, CAST(:buffer AS int), TRUE) AS geom
    FROM tile, found
    -- A fence: flattened, the query would clip and snap every grid twice, once for the test below.
    OFFSET 0
) AS feature
WHERE feature.geom IS NOT NULL
