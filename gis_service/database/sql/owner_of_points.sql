-- The owner of each of many points in one edition.
--
-- In:    :lons, :lats  float8[], degrees EPSG:4326, on the lattice of 1e-9 degree, equally long
--        :edition      the number of an edition
-- Out:   position (from 1, the order of the input), code (NULL where no grid covers the point)
-- Tie:   the deepest level first, then the smallest code compared byte by byte (decision 3)
-- Index: grid_shape_ix, by the box of each grid; the shapes are then tested the deepest first, until one covers
--
-- ST_Contains and ST_Covers judge a point by a determinant in doubles.  Rounding never turns its sign, but it can make
-- a zero of what is none: "on the boundary" may be wrong, "inside" and "outside" never are.  So the boundary alone is
-- asked again, of ST_Relate, whose GEOS is exact: FF*FF**** is "no point in common".
SELECT asked.position, owner.code
FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS asked (lon, lat, position)
CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(asked.lon, asked.lat), 4326) AS place) AS point
LEFT JOIN LATERAL (
    SELECT around.code
    FROM (
        SELECT grid.code, grid.shape, level.rank
        FROM grid
        JOIN level ON level.code = grid.level
        WHERE grid.shape && point.place AND grid.editions @> CAST(:edition AS integer)
        ORDER BY level.rank DESC, grid.code COLLATE "C"
    ) AS around
    WHERE ST_Contains(around.shape, point.place)
       OR (ST_Covers(around.shape, point.place) AND NOT ST_Relate(around.shape, point.place, 'FF*FF****'))
    ORDER BY around.rank DESC, around.code COLLATE "C"
    LIMIT 1
) AS owner ON true
ORDER BY asked.position
