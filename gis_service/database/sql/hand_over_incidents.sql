-- Give incidents new owners, all in one statement.
--
-- In    ids, owners, chains: equally long; a chain is its codes, root first, joined by commas; edition, whose ground it is.
-- Out   id and version of each, in no order.
-- Rule  What was said of the old owner goes: the grids that it was tied with and how likely it was.  A grid above the
--       owner that handles the incident goes on with it where it is above the new one too.
UPDATE incident AS i
SET
    owner = moved.owner,
    chain = string_to_array(moved.chain, ','),
    edition = CAST(:edition AS int),
    version = i.version + 1,
    tied_with = '{}',
    probability = NULL,
    handler = CASE WHEN i.handler = ANY (string_to_array(moved.chain, ',')) THEN i.handler END
FROM unnest(CAST(:ids AS uuid[]), CAST(:owners AS text[]), CAST(:chains AS text[])) AS moved (id, owner, chain)
WHERE i.id = moved.id
RETURNING CAST(i.id AS text) AS id, i.version
