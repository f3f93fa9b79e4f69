"""Hand out an API token."""

from __future__ import annotations

from datetime import timedelta

from gis_service.database.unit_of_work import UnitOfWork
from gis_service.domain.access import ROLES
from gis_service.domain.tokens import ApiToken, TokenKeys, hash_secret, new_secret
from gis_service.errors import RuleBrokenError
from gis_service.use_cases.authenticate import UNSEALED


def create_token(
    *,
    role: str,
    scope: str | None,
    label: str,
    lifetime: timedelta,
    work: UnitOfWork,
    keys: TokenKeys = UNSEALED,
) -> tuple[str, ApiToken]:
    """Store a new token and return its secret, which is shown this once, and what is stored.

    ``scope`` is a grid code and covers its subtree; None covers everything.

    Raises:
        RuleBrokenError: an unknown role, a lifetime that is not positive, or a scope that no edition has known.
    """
    if role not in ROLES:
        raise RuleBrokenError(f"no role is called {role!r}; choose one of {', '.join(ROLES)}", code="unknown-role")
    if lifetime <= timedelta(0):
        raise RuleBrokenError("a token must live longer than nothing", code="invalid-lifetime")
    secret = new_secret()
    with work:
        if scope is not None and not work.grids.used_codes([scope]):
            raise RuleBrokenError(f"no grid has ever had the code {scope!r}", code="unknown-scope")
        token = work.tokens.add(
            sealed=keys.seals_of(hash_secret(secret))[0],
            label=label,
            role=role,
            scope=scope,
            expires_at=work.editions.now() + lifetime,
        )
        work.commit()
    return secret, token
