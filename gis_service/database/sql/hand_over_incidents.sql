-- Give incidents new owners, all in one statement.
--
-- In    rows: a JSON array of objects with id, owner, chain (codes, root first), handler, department, assisting, explain
--       and alarm_at; edition, whose ground it is.
-- Out   id and version of each, in no order.
-- Rule  What was said of the old owner goes: the grids that it was tied with, how far and how likely it was, and who
--       has declined there.
UPDATE incident AS i
SET
    owner = moved.owner,
    chain = moved.chain,
    edition = CAST(:edition AS int),
    version = i.version + 1,
    handler = moved.handler,
    department = moved.department,
    assisting = moved.assisting,
    explain = moved.explain,
    alarm_at = moved.alarm_at,
    declined = '{}',
    tied_with = '{}',
    distance_m = NULL,
    probability = NULL
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS moved (
    id uuid, owner text, chain text[], handler text, department text, assisting text[], explain jsonb, alarm_at timestamptz
)
WHERE i.id = moved.id
RETURNING CAST(i.id AS text) AS id, i.version
