"""Seal the hashes of API tokens that were stored before there was a key."""

from __future__ import annotations

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.tokens import TokenKeys
from gis_service.errors import RuleBrokenError


def seal_tokens(keys: TokenKeys, work: UnitOfWork) -> tuple[int, int]:
    """Seal all bare hashes; return how many were sealed, and how many valid ones the key before still seals.

    Those are sealed anew when their tokens are next used: a seal cannot be taken off.

    Raises:
        RuleBrokenError: there is no key to seal with.
    """
    if keys.key is None:
        raise RuleBrokenError("there is no key to seal with; set GIS_TOKEN_KEY", code="no-token-key")
    with work:
        bare = work.tokens.list_bare()
        for token_id, hashed in bare:
            work.tokens.reseal(token_id, keys.seals_of(hashed)[0])
        left = work.tokens.count_valid_of_other_keys(keys.seals_of(b"")[0].key_name)
        work.commit()
    return len(bare), left
